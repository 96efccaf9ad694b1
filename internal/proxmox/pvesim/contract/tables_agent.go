package contract

// qemuAgentRoutes are the calls for the guest agent. Until 8.4 one privilege
// opened all of them; 9 split it by what the guest gives away.
func qemuAgentRoutes() []route {
	const base = vmPath + "/agent"
	free := "VM.GuestAgent.Unrestricted"
	audit := anyOnVM("VM.GuestAgent.Audit", free)
	disks := anyOnVM("VM.GuestAgent.FileSystemMgmt", free)
	power := anyOnVM("VM.PowerMgmt", free)
	guarded := []route{
		post(base, anyOnVM(free, free), atVM(), params{str("command").OneOf(agentCommands()...).Must()}),
		post(base+"/exec", onVM(free), atVM(), params{
			str("command").Of("string-alist").Til(V74),
			list("command").Loose().Must().From(V84).Til(V84),
			list("command").Must().From(V92),
			str("input-data").Chars(65536),
		}),
		get(base+"/exec-status", onVM(free), atVM(), params{whole("pid").Must()}),
		get(base+"/file-read", anyOnVM("VM.GuestAgent.FileRead", free), atVM(), params{
			str("file").Must(),
			whole("count").Between(1, 16777216).From(V92),
			flag("decode").From(V92),
			whole("offset").Min(0).From(V92),
		}),
		post(base+"/file-write", anyOnVM("VM.GuestAgent.FileWrite", free), atVM(), params{
			str("content").Chars(61440).Must(), flag("encode"), str("file").Must(),
		}),
		post(base+"/fsfreeze-freeze", disks, atVM()),
		post(base+"/fsfreeze-status", anyOnVM("VM.GuestAgent.Audit", "VM.GuestAgent.FileSystemMgmt", free), atVM()),
		post(base+"/fsfreeze-thaw", disks, atVM()),
		post(base+"/fstrim", disks, atVM()),
		get(base+"/get-fsinfo", audit, atVM()),
		get(base+"/get-host-name", audit, atVM()),
		get(base+"/get-memory-block-info", audit, atVM()),
		get(base+"/get-memory-blocks", audit, atVM()),
		get(base+"/get-osinfo", audit, atVM()),
		get(base+"/get-time", audit, atVM()),
		get(base+"/get-timezone", audit, atVM()),
		get(base+"/get-users", audit, atVM()),
		get(base+"/get-vcpus", audit, atVM()),
		get(base+"/info", audit, atVM()),
		get(base+"/network-get-interfaces", audit, atVM()),
		post(base+"/ping", audit, atVM()),
		post(base+"/set-user-password", onVM(free), atVM(), params{
			flag("crypted"), str("password").Length(5, 1024).Must(), str("username").Must(),
		}),
		post(base+"/shutdown", power, atVM()),
		post(base+"/suspend-disk", power, atVM()),
		post(base+"/suspend-hybrid", power, atVM()),
		post(base+"/suspend-ram", power, atVM()),
	}
	for i := range guarded {
		guarded[i] = guarded[i].onNode().private().before(onVM("VM.Monitor"), V74, V84)
	}
	return append(guarded, get(base, everyone(), atVM()).onNode().anyParam())
}

// agentCommands are the commands of the generic call.
func agentCommands() []string {
	return []string{
		"fsfreeze-freeze", "fsfreeze-status", "fsfreeze-thaw", "fstrim", "get-fsinfo", "get-host-name",
		"get-memory-block-info", "get-memory-blocks", "get-osinfo", "get-time", "get-timezone", "get-users", "get-vcpus",
		"info", "network-get-interfaces", "ping", "shutdown", "suspend-disk", "suspend-hybrid", "suspend-ram",
	}
}
