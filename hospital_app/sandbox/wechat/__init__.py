"""微信支付沙箱：speaks API v3 as the vendor does, to the vendor's SDK."""
