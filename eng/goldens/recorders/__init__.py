"""The recorders: one module for each golden or family of goldens. ../record.py runs them, ../catalog.py lists them."""
