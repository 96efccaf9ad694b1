package contract

// poolRoutes are the calls for pools.
func poolRoutes() []route {
	return []route{
		del("/pools", on("/pool/{poolid}", "Pool.Allocate"), poolID()).From(V84),
		get("/pools", everyone(), params{str("poolid").Of("pve-poolid").From(V84), str("type").OneOf("qemu", "lxc", "storage").Needs("poolid").From(V84)}),
		post("/pools", on("/pool/{poolid}", "Pool.Allocate"), poolID(), params{str("comment")}),
		put("/pools", on("/pool/{poolid}", "Pool.Allocate"), poolID(), params{
			flag("allow-move"), str("comment"), flag("delete"),
			str("storage").Of("pve-storage-id-list"),
			str("vms").Of("pve-vmid-list"),
		}).From(V84),
		del("/pools/{poolid}", on("/pool/{poolid}", "Pool.Allocate"), poolID()),
		get("/pools/{poolid}", on("/pool/{poolid}", "Pool.Audit"), poolID(), params{str("type").OneOf("qemu", "lxc", "storage")}),
		put("/pools/{poolid}", on("/pool/{poolid}", "Pool.Allocate"), poolID(), params{
			flag("allow-move").From(V84),
			str("comment"), flag("delete"),
			str("storage").Of("pve-storage-id-list"),
			str("vms").Of("pve-vmid-list"),
		}),
	}
}
