package contract

import "strings"

// storageRoutes are the calls for storages and their content.
func storageRoutes() []route {
	const base = "/nodes/{node}/storage/{storage}"
	see := anyOn("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")
	return []route{
		get("/nodes/{node}/storage", everyone(), atNode(), params{
			str("content").of("pve-storage-content-list"),
			flag("enabled"), flag("format"),
			str("storage").of("pve-storage-id"),
			str("target").of("pve-node"),
		}).onNode().private(),
		get(base, see, atNode(), storageID()),
		get(base+"/content", see, atNode(), optionalVMID(), storageID(), params{
			str("content").of("pve-storage-content"),
		}).onNode().private(),
		post(base+"/content", on("/storage/{storage}", "Datastore.AllocateSpace"), atVM(), storageID(), params{
			str("filename").must(),
			str("format").oneOf("raw", "qcow2", "subvol").needs("size").til(V74),
			str("format").oneOf("raw", "qcow2", "subvol", "vmdk").needs("size").from(V84),
			str("size").like(`\d+[MG]?`).must(),
		}).onNode(),
		del(base+"/content/{volume}", everyone(), atVolume(), params{
			whole("delay").between(1, 30),
		}).onNode(),
		get(base+"/content/{volume}", everyone(), atVolume()).onNode().private(),
		post(base+"/content/{volume}", rootOnly(), atVolume(), params{
			str("target").must(),
			str("target_node").of("pve-node"),
		}).onNode(),
		put(base+"/content/{volume}", everyone(), atVolume(), params{
			str("notes"), flag("protected"),
		}).onNode(),
		del(base+"/prunebackups", everyone(), atNode(), optionalVMID(), storageID(), params{
			str("prune-backups").of("prune-backups"),
			str("type").oneOf("qemu", "lxc"),
		}).onNode(),
		get(base+"/prunebackups", see, atNode(), optionalVMID(), storageID(), params{
			str("prune-backups").of("prune-backups"),
			str("type").oneOf("qemu", "lxc"),
		}).onNode().private(),
		get(base+"/status", see, atNode(), storageID()).onNode().private(),
		get("/storage", everyone(), storageTypes(asIs)),
		post("/storage", on("/storage", "Datastore.Allocate"), storageOptions(), storageID(), storageTypes(param.must), params{
			str("authsupported"),
			str("base").of("pve-volume-id"),
			str("datastore"),
			str("export").of("pve-storage-path"),
			str("iscsiprovider"),
			str("path").of("pve-storage-path"),
			str("portal").of("pve-storage-portal-dns"),
			str("share"), str("target"),
			str("thinpool").of("pve-storage-vgname"),
			str("vgname").of("pve-storage-vgname"),
			str("volume").til(V84),
		}),
		del("/storage/{storage}", on("/storage", "Datastore.Allocate"), storageID()),
		get("/storage/{storage}", on("/storage/{storage}", "Datastore.Allocate"), storageID()),
		put("/storage/{storage}", on("/storage", "Datastore.Allocate"), storageOptions(), storageID(), longDigest(), params{
			str("delete").of("pve-configid-list").chars(4096),
		}),
	}
}

// atVolume are the path parameters of one volume; the storage may be left to the
// volume id.
func atVolume() params {
	return join(atNode(), params{str("storage").of("pve-storage-id"), str("volume").must()})
}

// storageTypes are the kinds of storage each release knows.
func storageTypes(mark func(param) param) params {
	kind := mark(str("type"))
	return params{
		kind.oneOf(strings.Fields("btrfs cephfs cifs dir glusterfs iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool")...).til(V74),
		kind.oneOf(strings.Fields("btrfs cephfs cifs dir esxi glusterfs iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool")...).from(V84).til(V84),
		kind.oneOf(strings.Fields("btrfs cephfs cifs dir esxi iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool")...).from(V92),
	}
}

// storageOptions are the settings of a storage definition that create and change share.
func storageOptions() params {
	return params{
		str("blocksize").til(V84),
		str("blocksize").of("pve-storage-zfs-blocksize").from(V92),
		str("bwlimit").of("inline/bwlimit"),
		str("comstar_hg"), str("comstar_tg"),
		str("content").of("pve-storage-content-list"),
		str("content-dirs").of("pve-dir-override-list"),
		flag("create-base-path").from(V84),
		flag("create-subdirs").from(V84),
		str("data-pool"), flag("disable"),
		str("domain").chars(256),
		str("encryption-key"),
		str("fingerprint").like("([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}"),
		str("format").of("pve-storage-format").til(V74),
		str("format").oneOf("raw", "qcow2", "subvol", "vmdk").from(V84),
		str("fs-name").of("pve-configid"),
		flag("fuse"), str("is_mountpoint"), str("keyring"), flag("krbd"), str("lio_tpg"),
		str("master-pubkey"),
		whole("max-protected-backups").min(-1),
		whole("maxfiles").min(0).til(V84),
		flag("mkdir"),
		str("monhost").of("pve-storage-portal-dns-list"),
		str("mountpoint").of("pve-storage-path"),
		str("namespace"), flag("nocow"),
		str("nodes").of("pve-node-list"),
		flag("nowritecache"),
		str("options").of("pve-storage-options"),
		str("password").chars(256),
		str("pool"),
		whole("port").between(1, 65535),
		str("preallocation").oneOf("off", "metadata", "falloc", "full"),
		str("prune-backups").of("prune-backups"),
		flag("saferemove"),
		whole("saferemove-stepsize").oneOf("1", "2", "4", "8", "16", "32").from(V92),
		str("saferemove_throughput"),
		str("server").of("pve-storage-server"),
		str("server2").of("pve-storage-server").needs("server").til(V84),
		flag("shared"),
		flag("skip-cert-verification").from(V84),
		str("smbversion").oneOf("default", "2.0", "2.1", "3", "3.0", "3.11"),
		flag("snapshot-as-volume-chain").from(V92),
		flag("sparse"),
		str("subdir").of("pve-storage-path"),
		flag("tagged_only"),
		str("transport").oneOf("tcp", "rdma", "unix").til(V84),
		str("username"),
		str("zfs-base-path").of("pve-storage-path").from(V92),
	}
}
