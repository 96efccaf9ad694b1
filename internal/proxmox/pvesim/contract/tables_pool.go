package contract

// poolRoutes are the calls for pools.
func poolRoutes() []route {
	return []route{
		del("/pools", on("/pool/{poolid}", "Pool.Allocate"), params{str("poolid").of("pve-poolid").must()}).from(V84),
		get("/pools", everyone(), params{str("poolid").of("pve-poolid").from(V84), str("type").oneOf("qemu", "lxc", "storage").needs("poolid").from(V84)}),
		post("/pools", on("/pool/{poolid}", "Pool.Allocate"), params{str("comment"), str("poolid").of("pve-poolid").must()}),
		put("/pools", on("/pool/{poolid}", "Pool.Allocate"), params{
			flag("allow-move"),
			str("comment"),
			flag("delete"),
			str("poolid").of("pve-poolid").must(),
			str("storage").of("pve-storage-id-list"),
			str("vms").of("pve-vmid-list"),
		}).from(V84),
		del("/pools/{poolid}", on("/pool/{poolid}", "Pool.Allocate"), params{str("poolid").of("pve-poolid").must()}),
		get("/pools/{poolid}", on("/pool/{poolid}", "Pool.Audit"), params{str("poolid").of("pve-poolid").must(), str("type").oneOf("qemu", "lxc", "storage")}),
		put("/pools/{poolid}", on("/pool/{poolid}", "Pool.Allocate"), params{
			str("poolid").of("pve-poolid").must(),
			flag("allow-move").from(V84),
			str("comment"),
			flag("delete"),
			str("storage").of("pve-storage-id-list"),
			str("vms").of("pve-vmid-list"),
		}),
	}
}
