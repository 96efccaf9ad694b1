package machine

import (
	"slices"
	"strings"
)

// always lists the keys a running guest takes at once (pve-behaviour §5.3).
//
//nolint:gochecknoglobals // immutable table
var always = strings.Fields(`description hookscript lock migrate_downtime migrate_speed name onboot protection
	shares startup tags vmstatestorage cpuunits cpulimit parent`)

// Live tells whether a running guest with this configuration takes the new value of a key at once; an
// empty value is a deletion. What it does not take stays pending until the next cold start.
func (c Config) Live(key, value string) bool {
	old := c[key]
	switch {
	case slices.Contains(always, key), IsCloudInit(key), IsUnused(key), old == value:
		return true
	case IsNet(key):
		return sameCard(old, value) || c.hotplugs("network")
	case IsDisk(key):
		return c.liveDisk(key, old, value)
	case key == "balloon":
		return old != "" && old != "0" && value != "" && value != "0"
	case key == "vcpus":
		return c.hotplugs("cpu")
	case key == "memory":
		return c.hotplugs("memory")
	case strings.HasPrefix(key, "usb"), key == "tablet":
		return c.hotplugs("usb")
	}
	return false
}

func (c Config) hotplugs(what string) bool {
	list, set := c["hotplug"]
	if !set || list == "1" {
		list = "network,disk,usb"
	}
	return slices.Contains(strings.Split(list, ","), what)
}

// sameCard tells whether two cards differ only in what can be changed under a running guest.
func sameCard(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	x, y := ParseNet(a), ParseNet(b)
	return x.Model == y.Model && x.MAC == y.MAC && x.Opts["queues"] == y.Opts["queues"] && x.Opts["mtu"] == y.Opts["mtu"]
}

func (c Config) liveDisk(key, old, value string) bool {
	was, is := ParseDrive(old), ParseDrive(value)
	hot := (strings.HasPrefix(key, "scsi") || strings.HasPrefix(key, "virtio")) && c.hotplugs("disk")
	switch {
	case old != "" && value != "" && was.IsCDROM() && is.IsCDROM():
		return true
	case old == "" || value == "" || was.File != is.File:
		return hot
	}
	for k := range was.Opts {
		if !throttle(k) && was.Opts[k] != is.Opts[k] {
			return false
		}
	}
	for k := range is.Opts {
		if !throttle(k) && was.Opts[k] != is.Opts[k] {
			return false
		}
	}
	return true
}

func throttle(opt string) bool {
	return strings.HasPrefix(opt, "mbps") || strings.HasPrefix(opt, "iops") || strings.HasPrefix(opt, "bps") ||
		opt == "size" || opt == "backup" || opt == "replicate"
}
