"""CommerceML 2.03–3.1 as real 1C configurations write and read it. Pure: bytes in, dataclasses out, and back."""
