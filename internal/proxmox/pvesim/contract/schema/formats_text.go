package schema

import (
	"slices"
	"strconv"
	"strings"
)

// textFormats are names, ids and lists that are not tied to one noun.
func textFormats() []Format {
	return []Format{
		matches("pve-vmid", `^[1-9][0-9]{2,8}$`, "value does not look like a valid VM ID"),
		matches("pve-node", `^[a-zA-Z0-9](?:[a-zA-Z0-9\-]*[a-zA-Z0-9])?$`, "value does not look like a valid node name"),
		matches("pve-configid", `(?i)^[a-z][a-z0-9_-]+$`, "invalid configuration ID '{v}'"),
		matches("pve-realm", `^[A-Za-z][A-Za-z0-9.\-_]+$`, "value does not look like a valid realm"),
		matches("pve-poolid", `^[A-Za-z0-9.\-_]+$`, "pool name '{v}' contains invalid characters").Til(V74),
		decides("pve-poolid", poolFault).From(V84),
		matches("pve-tag", `(?i)^[a-z0-9_][a-z0-9_\-+.]*$`, "invalid characters in tag"),
		matches("pve-task-status-type", `(?i)^(?:ok|error|warning|unknown)$`, "invalid status '{v}'"),
		decides("pve-priv", privFault),
		matches("email-or-username", `^[\w\+\-\~]+(?:\.[\w\+\-\~]+)*(?:@[a-zA-Z0-9\-]+(?:\.[a-zA-Z0-9\-]+)*)?$`,
			"value does not look like a valid email address or user name"),
		matches("urlencoded", `^[-%a-zA-Z0-9_.!~*'()]*$`, "invalid urlencoded string: {v}"),
		matches("disk-size", `^(\d+(?:\.\d+)?)[KMGT]?$`, "value does not look like a valid disk size: {v}").Til(V84),
		matches("disk-size", `^(\d+(?:\.\d+)?)(?:[KMGT](?:iB)?)?$`, "value does not look like a valid disk size: {v}").From(V92),
		decides("string", accept).Til(V84),
		listOf("pve-vmid"), listOf("pve-node"), listOf("pve-configid"), listOf("pve-tag"),
		listOf("pve-task-status-type"), listOf("pve-priv"), listOf("email-or-username"),
		{Name: "string-alist", Each: "string", Span: Span{Until: V74}},
		keys("prune-backups", pruneKeys()).judged(pruneVerdict),
		keys("backup-performance", Rows{
			Whole("max-workers").Between(1, 256),
			Whole("pbs-entries-max").Min(1).From(V84),
		}),
		keys("backup-fleecing", Rows{Flag("enabled").bare(), Str("storage").Of("pve-storage-id")}).judged(fleecingVerdict).From(V84),
		keys("inline/bwlimit", Rows{
			Num("clone").Min(0), Num("default").Min(0), Num("migration").Min(0), Num("move").Min(0), Num("restore").Min(0),
		}),
	}
}

func accept(Version, string) string { return "" }

// poolFault checks nesting before characters: pools go three levels deep.
func poolFault(_ Version, text string) string {
	if len(strings.Split(text, "/")) > 3 {
		return "pool name '" + text + "' nested too deeply (max levels = 3)"
	}
	if !compiled(`^[A-Za-z0-9.\-_]+(?:/[A-Za-z0-9.\-_]+){0,2}$`).MatchString(text) {
		return "pool name '" + text + "' contains invalid characters"
	}
	return ""
}

func privFault(v Version, text string) string {
	if slices.Contains(Privileges(v), text) {
		return ""
	}
	return "invalid privilege '" + text + "'"
}

// Privileges lists the privileges of a release (pve-behaviour §21, §22).
func Privileges(v Version) []string {
	all := []string{
		"Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.AllocateTemplate", "Datastore.Audit",
		"Group.Allocate", "Permissions.Modify", "Pool.Allocate", "Pool.Audit", "Realm.Allocate", "Realm.AllocateUser",
		"SDN.Allocate", "SDN.Audit", "SDN.Use", "Sys.Audit", "Sys.Console", "Sys.Incoming", "Sys.Modify", "Sys.PowerMgmt",
		"Sys.Syslog", "User.Modify", "VM.Allocate", "VM.Audit", "VM.Backup", "VM.Clone", "VM.Config.CDROM", "VM.Config.CPU",
		"VM.Config.Cloudinit", "VM.Config.Disk", "VM.Config.HWType", "VM.Config.Memory", "VM.Config.Network",
		"VM.Config.Options", "VM.Console", "VM.Migrate", "VM.PowerMgmt", "VM.Snapshot", "VM.Snapshot.Rollback",
	}
	if v < V92 {
		all = append(all, "VM.Monitor")
	} else {
		all = append(all, "VM.GuestAgent.Audit", "VM.GuestAgent.FileRead", "VM.GuestAgent.FileSystemMgmt",
			"VM.GuestAgent.FileWrite", "VM.GuestAgent.Unrestricted", "VM.Replicate")
	}
	if v > V74 {
		all = append(all, "Mapping.Audit", "Mapping.Modify", "Mapping.Use", "Sys.AccessNetwork")
	}
	slices.Sort(all)
	return all
}

func pruneKeys() Rows {
	rows := Rows{Flag("keep-all")}
	for _, span := range []string{"daily", "hourly", "last", "monthly", "weekly", "yearly"} {
		rows = append(rows, Whole("keep-"+span).Min(0))
	}
	return rows
}

// pruneVerdict refuses keep-all beside another retention.
func pruneVerdict(_ Version, keys map[string]string) string {
	if keys["keep-all"] != "1" {
		return ""
	}
	for key, value := range keys {
		if n, err := strconv.Atoi(value); key != "keep-all" && err == nil && n != 0 {
			return "keep-all cannot be set together with other options."
		}
	}
	return ""
}

func fleecingVerdict(_ Version, keys map[string]string) string {
	if keys["enabled"] == "1" && keys["storage"] == "" {
		return "'storage' parameter is required when 'enabled' is set"
	}
	return ""
}
