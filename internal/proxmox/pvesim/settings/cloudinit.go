package settings

import (
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// shown are the keys that GET cloudinit lists; the addresses of the cards are not among them.
var shown = strings.Fields("cicustom cipassword citype ciuser nameserver searchdomain sshkeys") //nolint:gochecknoglobals // immutable table

// GetCloudInit lists cloud-init values; of a running guest also what its image does not say yet.
func GetCloudInit(w *world.Call) (any, error) {
	g, err := w.Guest()
	if err != nil {
		return nil, err
	}
	image := g.Conf
	if g.Run != nil {
		image = g.Image
	}
	rows := []map[string]any{}
	for _, key := range shown {
		was, had := image[key]
		is, has := g.Conf[key]
		if had || has {
			rows = append(rows, cloudRow(w, key, was, is, had, has))
		}
	}
	return rows, nil
}

func cloudRow(w *world.Call, key, was, is string, had, has bool) map[string]any {
	now, later := "value", "pending"
	if w.Old() {
		now, later = "old", "new"
	}
	row := map[string]any{"key": key}
	if had {
		row[now] = machine.Render(key, was, false)
	}
	switch {
	case !has && !w.Old():
		row["delete"] = 1
	case has && was != is:
		row[later] = machine.Render(key, is, false)
	}
	return row
}

// PutCloudInit writes the image anew; without a drive it does nothing and says so to nobody.
func PutCloudInit(w *world.Call) (any, error) {
	g, err := w.Guest()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	g.Image = g.Conf.Clone()
	return nil, nil //nolint:nilnil // the API answers null
}

// GetCloudInitDump answers one of the generated files as text.
func GetCloudInitDump(w *world.Call) (any, error) {
	g, err := w.Guest()
	if err != nil {
		return nil, err
	}
	conf := g.Conf.Clone()
	if conf["cipassword"] != "" && !w.Old() && !w.May(world.VMPath(g.VMID), "VM.Config.Cloudinit") {
		conf["cipassword"] = "**********"
	}
	switch w.Str("type") {
	case "user":
		return conf.UserData(g.VMID), nil
	case "network":
		return conf.NetworkData(), nil
	}
	return conf.MetaData(g.VMID), nil
}

// GetFeature tells whether a guest's disks can be snapshotted, cloned or copied.
func GetFeature(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	can := c.snapshotable(g)
	switch c.Str("feature") {
	case "clone":
		can = !slices.ContainsFunc(g.Conf.DataDrives(), func(key string) bool {
			v := c.VolumeOf(g, key)
			return v == nil || !c.Disks.CanLink(v)
		})
	case "copy":
		can = true
	}
	return map[string]any{"hasFeature": world.Bit(can), "nodes": []string{c.Node}}, nil
}
