package contract

// qemuAgentRoutes are the calls for the guest agent.
func qemuAgentRoutes() []route {
	return []route{
		get("/nodes/{node}/qemu/{vmid}/agent", everyone(), atVM()).onNode().anyParam(),
		post("/nodes/{node}/qemu/{vmid}/agent", anyOn("/vms/{vmid}", "VM.GuestAgent.Unrestricted", "VM.GuestAgent.Unrestricted"), atVM(), params{
			str("command").oneOf("fsfreeze-freeze", "fsfreeze-status", "fsfreeze-thaw", "fstrim", "get-fsinfo", "get-host-name", "get-memory-block-info", "get-memory-blocks", "get-osinfo", "get-time", "get-timezone", "get-users", "get-vcpus", "info", "network-get-interfaces", "ping", "shutdown", "suspend-disk", "suspend-hybrid", "suspend-ram").must(),
		}).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/exec", on("/vms/{vmid}", "VM.GuestAgent.Unrestricted"), atVM(), params{
			str("command").of("string-alist").til(V74),
			list("command").loose().must().from(V84).til(V84),
			list("command").must().from(V92),
			str("input-data").chars(65536),
		}).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/exec-status", on("/vms/{vmid}", "VM.GuestAgent.Unrestricted"), atVM(), params{whole("pid").must()}).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/file-read", anyOn("/vms/{vmid}", "VM.GuestAgent.FileRead", "VM.GuestAgent.Unrestricted"), atVM(), params{
			whole("count").between(1, 16777216).from(V92),
			flag("decode").from(V92),
			str("file").must(),
			whole("offset").min(0).from(V92),
		}).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/file-write", anyOn("/vms/{vmid}", "VM.GuestAgent.FileWrite", "VM.GuestAgent.Unrestricted"), atVM(), params{
			str("content").chars(61440).must(),
			flag("encode"),
			str("file").must(),
		}).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/fsfreeze-freeze", anyOn("/vms/{vmid}", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/fsfreeze-status", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/fsfreeze-thaw", anyOn("/vms/{vmid}", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/fstrim", anyOn("/vms/{vmid}", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-fsinfo", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-host-name", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-memory-block-info", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-memory-blocks", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-osinfo", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-time", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-timezone", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-users", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/get-vcpus", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/info", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		get("/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().private().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/ping", anyOn("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/set-user-password", on("/vms/{vmid}", "VM.GuestAgent.Unrestricted"), atVM(), params{
			flag("crypted"),
			str("password").length(5, 1024).must(),
			str("username").must(),
		}).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/shutdown", anyOn("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/suspend-disk", anyOn("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/suspend-hybrid", anyOn("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
		post("/nodes/{node}/qemu/{vmid}/agent/suspend-ram", anyOn("/vms/{vmid}", "VM.PowerMgmt", "VM.GuestAgent.Unrestricted"), atVM()).onNode().before(on("/vms/{vmid}", "VM.Monitor"), V74, V84),
	}
}
