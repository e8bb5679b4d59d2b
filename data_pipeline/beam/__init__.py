"""What runs on Apache Beam, on many machines or on the cores of this one. requirements-beam.txt names what it needs."""
