"""Links that stay inside the app: no reload, the socket lives on."""

from reflex_components_core.react_router import link

__all__ = ["link"]
