"""The network that spots potentials along the sweeps of a picture."""
