"""Real drivers, built by kmpack and by dkms; see ../README.md."""
