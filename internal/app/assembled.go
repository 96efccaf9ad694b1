package app

// assembled is the real work behind the sub-commands.
func assembled() Actions { return Actions{} }
