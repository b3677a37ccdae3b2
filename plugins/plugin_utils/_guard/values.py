class Gatekeeper: pass
