"""微信与支付宝登录的沙箱: people say who they are; the product asks for proof in each vendor's own protocol."""
