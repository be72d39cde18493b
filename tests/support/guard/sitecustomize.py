"""Put on PYTHONPATH of a house that tests start: none of its Python processes reaches past loopback either."""

from tests.support.loopback import forbid_the_network

forbid_the_network()
