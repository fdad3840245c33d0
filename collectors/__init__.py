"""How each platform is asked and read: one module a platform."""
