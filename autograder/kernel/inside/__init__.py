"""What runs inside the sandbox: the agent beside student code, and the zygote that it may be forked from."""
