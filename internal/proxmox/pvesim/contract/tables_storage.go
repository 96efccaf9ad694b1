package contract

import "strings"

// storageRoutes are the calls for storages and their content.
func storageRoutes() []route {
	const base = "/nodes/{node}/storage/{storage}"
	see := anyOn("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")
	return []route{
		get("/nodes/{node}/storage", everyone(), atNode(), params{
			str("content").Of("pve-storage-content-list"),
			flag("enabled"), flag("format"),
			str("storage").Of("pve-storage-id"),
			str("target").Of("pve-node"),
		}).onNode().private(),
		get(base, see, atNode(), storageID()),
		get(base+"/content", see, atNode(), optionalVMID(), storageID(), params{
			str("content").Of("pve-storage-content"),
		}).onNode().private(),
		post(base+"/content", on("/storage/{storage}", "Datastore.AllocateSpace"), atVM(), storageID(), params{
			str("filename").Must(),
			str("format").OneOf("raw", "qcow2", "subvol").Needs("size").Til(V74),
			str("format").OneOf("raw", "qcow2", "subvol", "vmdk").Needs("size").From(V84),
			str("size").Like(`\d+[MG]?`).Must(),
		}).onNode(),
		del(base+"/content/{volume}", everyone(), atVolume(), params{
			whole("delay").Between(1, 30),
		}).onNode(),
		get(base+"/content/{volume}", everyone(), atVolume()).onNode().private(),
		post(base+"/content/{volume}", rootOnly(), atVolume(), params{
			str("target").Must(),
			str("target_node").Of("pve-node"),
		}).onNode(),
		put(base+"/content/{volume}", everyone(), atVolume(), params{
			str("notes"), flag("protected"),
		}).onNode(),
		del(base+"/prunebackups", everyone(), atNode(), optionalVMID(), storageID(), params{
			str("prune-backups").Of("prune-backups"),
			str("type").OneOf("qemu", "lxc"),
		}).onNode(),
		get(base+"/prunebackups", see, atNode(), optionalVMID(), storageID(), params{
			str("prune-backups").Of("prune-backups"),
			str("type").OneOf("qemu", "lxc"),
		}).onNode().private(),
		get(base+"/status", see, atNode(), storageID()).onNode().private(),
		get("/storage", everyone(), storageTypes(asIs)),
		post("/storage", on("/storage", "Datastore.Allocate"), storageOptions(), storageID(), storageTypes(param.Must), params{
			str("authsupported"),
			str("base").Of("pve-volume-id"),
			str("datastore"),
			str("export").Of("pve-storage-path"),
			str("iscsiprovider"),
			str("path").Of("pve-storage-path"),
			str("portal").Of("pve-storage-portal-dns"),
			str("share"), str("target"),
			str("thinpool").Of("pve-storage-vgname"),
			str("vgname").Of("pve-storage-vgname"),
			str("volume").Til(V84),
		}),
		del("/storage/{storage}", on("/storage", "Datastore.Allocate"), storageID()),
		get("/storage/{storage}", on("/storage/{storage}", "Datastore.Allocate"), storageID()),
		put("/storage/{storage}", on("/storage", "Datastore.Allocate"), storageOptions(), storageID(), longDigest(), params{
			str("delete").Of("pve-configid-list").Chars(4096),
		}),
	}
}

// atVolume are the path parameters of one volume; the storage may be left to the
// volume id.
func atVolume() params {
	return join(atNode(), params{str("storage").Of("pve-storage-id"), str("volume").Must()})
}

// storageTypes are the kinds of storage each release knows.
func storageTypes(mark func(param) param) params {
	kind := mark(str("type"))
	return params{
		kind.OneOf(strings.Fields("btrfs cephfs cifs dir glusterfs iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool")...).Til(V74),
		kind.OneOf(strings.Fields("btrfs cephfs cifs dir esxi glusterfs iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool")...).From(V84).Til(V84),
		kind.OneOf(strings.Fields("btrfs cephfs cifs dir esxi iscsi iscsidirect lvm lvmthin nfs pbs rbd zfs zfspool")...).From(V92),
	}
}

// storageOptions are the settings of a storage definition that create and change share.
func storageOptions() params {
	return params{
		str("blocksize").Til(V84),
		str("blocksize").Of("pve-storage-zfs-blocksize").From(V92),
		str("bwlimit").Of("inline/bwlimit"),
		str("comstar_hg"), str("comstar_tg"),
		str("content").Of("pve-storage-content-list"),
		str("content-dirs").Of("pve-dir-override-list"),
		flag("create-base-path").From(V84),
		flag("create-subdirs").From(V84),
		str("data-pool"), flag("disable"),
		str("domain").Chars(256),
		str("encryption-key"),
		str("fingerprint").Like("([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}"),
		str("format").Of("pve-storage-format").Til(V74),
		str("format").OneOf("raw", "qcow2", "subvol", "vmdk").From(V84),
		str("fs-name").Of("pve-configid"),
		flag("fuse"), str("is_mountpoint"), str("keyring"), flag("krbd"), str("lio_tpg"),
		str("master-pubkey"),
		whole("max-protected-backups").Min(-1),
		whole("maxfiles").Min(0).Til(V84),
		flag("mkdir"),
		str("monhost").Of("pve-storage-portal-dns-list"),
		str("mountpoint").Of("pve-storage-path"),
		str("namespace"), flag("nocow"),
		str("nodes").Of("pve-node-list"),
		flag("nowritecache"),
		str("options").Of("pve-storage-options"),
		str("password").Chars(256),
		str("pool"),
		whole("port").Between(1, 65535),
		str("preallocation").OneOf("off", "metadata", "falloc", "full"),
		str("prune-backups").Of("prune-backups"),
		flag("saferemove"),
		whole("saferemove-stepsize").OneOf("1", "2", "4", "8", "16", "32").From(V92),
		str("saferemove_throughput"),
		str("server").Of("pve-storage-server"),
		str("server2").Of("pve-storage-server").Needs("server").Til(V84),
		flag("shared"),
		flag("skip-cert-verification").From(V84),
		str("smbversion").OneOf("default", "2.0", "2.1", "3", "3.0", "3.11"),
		flag("snapshot-as-volume-chain").From(V92),
		flag("sparse"),
		str("subdir").Of("pve-storage-path"),
		flag("tagged_only"),
		str("transport").OneOf("tcp", "rdma", "unix").Til(V84),
		str("username"),
		str("zfs-base-path").Of("pve-storage-path").From(V92),
	}
}
