"""Files of checkpoints/ that the tests make for themselves: Blip.Tests/Checkpoints/DerivedCheckpoints.cs writes each once per run."""
import hashlib


def derived(name, data):
    """Says the hash of the file that the reference's library wrote: the tests hold theirs to it."""
    print(f"{name}: made by DerivedCheckpoints.cs, SHA-256 {hashlib.sha256(data).hexdigest()}")
