def render(v): return {}
