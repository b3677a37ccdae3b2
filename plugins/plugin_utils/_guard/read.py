def read_gatekeeper(v): raise ValueError("stub")
