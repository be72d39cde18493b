"""Alipay as far as the hospital knows it: the open platform's gateway, a cashier, bills."""
