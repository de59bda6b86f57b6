"""The site: pages written in MyST from what is recorded, and built by Sphinx."""
