package contract

import "strconv"

// vmPath is the path of one VM.
const vmPath = "/nodes/{node}/qemu/{vmid}"

func onVM(privs ...string) Perm    { return on("/vms/{vmid}", privs...) }
func anyOnVM(privs ...string) Perm { return anyOn("/vms/{vmid}", privs...) }

// atNode is the path parameter of everything below a node.
func atNode() params { return params{str("node").Of("pve-node").Must()} }

// atVM are the path parameters of everything below a VM.
func atVM() params { return join(atNode(), vmIDs("vmid", param.Must)) }

// optionalVMID is a VM id that may be left out.
func optionalVMID() params { return vmIDs("vmid", asIs) }

func asIs(p param) param { return p }

// vmIDs is a VM id. 7.4 published no range, only the format.
func vmIDs(name string, mark func(param) param) params {
	id := mark(whole(name).Of("pve-vmid"))
	return params{id.Min(1).Til(V74), id.Between(100, 999999999).From(V84)}
}

func newVMID() params    { return vmIDs("newid", param.Must) }
func targetVMID() params { return vmIDs("target-vmid", asIs) }

func snapshotName() params { return params{str("snapname").Of("pve-configid").Chars(40).Must()} }
func storageID() params    { return params{str("storage").Of("pve-storage-id").Must()} }
func poolID() params       { return params{str("poolid").Of("pve-poolid").Must()} }

// longDigest is the checksum of a file of firewall or storage settings; 8.4 made
// room for longer ones.
func longDigest() params {
	return params{str("digest").Chars(40).Til(V74), str("digest").Chars(64).From(V84)}
}

// configPrivs are the privileges of which any one opens the configuration of a
// VM; each key then asks for its own.
func configPrivs() []string {
	return []string{
		"VM.Config.Disk", "VM.Config.CDROM", "VM.Config.CPU", "VM.Config.Memory", "VM.Config.Network",
		"VM.Config.HWType", "VM.Config.Options", "VM.Config.Cloudinit",
	}
}

// diskKeys are the keys a disk may have, in the order the messages list them.
func diskKeys() []string {
	var names []string
	for _, bus := range []struct {
		name string
		last int
	}{{"ide", 3}, {"scsi", 30}, {"virtio", 15}, {"sata", 5}} {
		names = append(names, numbered(bus.name, bus.last)...)
	}
	return append(names, "efidisk0", "tpmstate0")
}

// volumeKeys are diskKeys and those of detached disks.
func volumeKeys() []string { return append(diskKeys(), numbered("unused", 255)...) }

func numbered(name string, last int) []string {
	names := make([]string, 0, last+1)
	for i := range last + 1 {
		names = append(names, name+strconv.Itoa(i))
	}
	return names
}
