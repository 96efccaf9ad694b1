package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Option is one thing an operator can decide. The table of options is what the sample, the reading of every source
// and the check of values are made from.
type Option struct {
	// Key is the dotted name in the TOML file, such as "db.host".
	Key string
	// Default is the value in the notation of the environment; empty for none.
	Default string
	// Help is what the option does, in sentences.
	Help string
	// Field points at the option's place in c; its type is the option's type.
	Field func(c *Config) any
	// Check says what is wrong with a value of the right type: the end of a sentence that begins with the key, such
	// as "must be above 0". Empty is fine; nil accepts everything.
	Check func(text string) string
}

// Env is the name of the option's variable.
func (o Option) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(o.Key, ".", "_"))
}

// Secret reports whether the value is hidden and may come from a file of its own.
func (o Option) Secret() bool {
	_, ok := o.Field(new(Config)).(*Secret)
	return ok
}

const (
	envPrefix  = "KVMBRIDGE_"
	fileSuffix = "_file" // of the key of a secret's twin
)

// find returns the option of a key, which may be one of a server.
func find(key string) (Option, bool) {
	id, field, ok := serverKey(key)
	table := Options()
	if ok {
		table = serverOptions(id)
		key = serversPrefix + strconv.Itoa(id) + "." + field
	}
	i := slices.IndexFunc(table, func(o Option) bool { return o.Key == key })
	if i < 0 {
		return Option{}, false
	}
	return table[i], true
}

// findTwin returns the secret whose file twin has this key.
func findTwin(key string) (Option, bool) {
	base, ok := strings.CutSuffix(key, fileSuffix)
	if !ok {
		return Option{}, false
	}
	o, ok := find(base)
	return o, ok && o.Secret()
}

// serverKey splits "servers.3.insecure".
func serverKey(key string) (id int, field string, ok bool) {
	rest, ok := strings.CutPrefix(key, serversPrefix)
	if !ok {
		return 0, "", false
	}
	number, field, ok := strings.Cut(rest, ".")
	id, err := strconv.Atoi(number)
	return id, field, ok && err == nil && id > 0
}

// server returns the settings of server id for writing.
func (c *Config) server(id int) *Server {
	if c.Servers == nil {
		c.Servers = map[int]*Server{}
	}
	if c.Servers[id] == nil {
		c.Servers[id] = &Server{}
	}
	return c.Servers[id]
}

// given are all options that c has a place for: the fixed ones and those of its servers.
func given(c Config) []Option {
	all := Options()
	for _, id := range slices.Sorted(maps.Keys(c.Servers)) {
		all = append(all, serverOptions(id)...)
	}
	return all
}
