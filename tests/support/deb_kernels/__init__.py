"""The parts of tests/support/deb-kernels."""
