package contract

// poolRoutes are the calls for pools.
func poolRoutes() []route {
	return []route{
		del("/pools", on("/pool/{poolid}", "Pool.Allocate"), poolID()).from(V84),
		get("/pools", everyone(), params{str("poolid").of("pve-poolid").from(V84), str("type").oneOf("qemu", "lxc", "storage").needs("poolid").from(V84)}),
		post("/pools", on("/pool/{poolid}", "Pool.Allocate"), poolID(), params{str("comment")}),
		put("/pools", on("/pool/{poolid}", "Pool.Allocate"), poolID(), params{
			flag("allow-move"), str("comment"), flag("delete"),
			str("storage").of("pve-storage-id-list"),
			str("vms").of("pve-vmid-list"),
		}).from(V84),
		del("/pools/{poolid}", on("/pool/{poolid}", "Pool.Allocate"), poolID()),
		get("/pools/{poolid}", on("/pool/{poolid}", "Pool.Audit"), poolID(), params{str("type").oneOf("qemu", "lxc", "storage")}),
		put("/pools/{poolid}", on("/pool/{poolid}", "Pool.Allocate"), poolID(), params{
			flag("allow-move").from(V84),
			str("comment"), flag("delete"),
			str("storage").of("pve-storage-id-list"),
			str("vms").of("pve-vmid-list"),
		}),
	}
}
