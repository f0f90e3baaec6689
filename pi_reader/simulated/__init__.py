"""A greenhouse without hardware: water that behaves, and the two buses the real drivers read it through."""
