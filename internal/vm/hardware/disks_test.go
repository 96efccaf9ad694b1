package hardware

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

func guest(pairs ...string) map[string]string {
	c := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i]] = pairs[i+1]
	}
	return c
}

// The cases of product-spec §4.3.
func TestSystemDisk_followsTheBootRules(t *testing.T) {
	t.Parallel()
	const cd, ci = "local:iso/a.iso,media=cdrom", "local-lvm:vm-1-cloudinit,media=cdrom"
	for _, c := range []struct {
		name   string
		config map[string]string
		want   string
		second string
	}{
		{"scsi", guest("scsi0", "l:a,size=8G", "boot", "order=scsi0"), "scsi0", ""},
		{"virtio", guest("virtio0", "l:a", "boot", "order=virtio0;net0"), "virtio0", ""},
		{"sata", guest("sata0", "l:a", "boot", "order=sata0"), "sata0", ""},
		{"ide", guest("ide0", "l:a", "ide2", ci, "boot", "order=ide0"), "ide0", ""},
		{"legacy bootdisk", guest("scsi0", "l:a", "scsi1", "l:b", "bootdisk", "scsi1", "boot", "cdn"), "scsi1", "scsi0"},
		{"CD-ROM first", guest("ide2", cd, "scsi0", "l:a", "boot", "order=ide2;net0;scsi0"), "scsi0", ""},
		{"cloud-init first", guest("ide2", "l:vm-9-cloudinit", "virtio1", "l:a", "boot", "order=ide2;virtio1"), "virtio1", ""},
		{"no boot line", guest("virtio3", "l:b", "scsi2", "l:a"), "scsi2", "virtio3"},
		{"boot line of a space", guest("scsi0", "l:a", "boot", " "), "scsi0", ""},
		{"boot names a missing disk", guest("scsi0", "l:a", "boot", "order=scsi7"), "scsi0", ""},
		{"no disk", guest("ide2", cd, "net0", "virtio"), "", ""},
		{"boot Disk is the second on the bus", guest("scsi0", "l:a", "scsi1", "l:b", "boot", "order=scsi1"), "scsi1", "scsi0"},
		{"unused and tpm are no disks", guest("unused0", "l:a", "tpmstate0", "l:t", "efidisk0", "l:e", "scsi5", "l:b"), "scsi5", ""},
	} {
		got, _ := System(c.config)
		second, _ := Additional(c.config)
		if got.Key != c.want || second.Key != c.second {
			t.Errorf("%s: system %q additional %q, want %q and %q", c.name, got.Key, second.Key, c.want, c.second)
		}
	}
}

func TestDisk_knowsItsSizeAndFormat(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]struct {
		bytes  int64
		format string
	}{
		"local:100/vm-100-Disk-0.qcow2,size=32G":                                 {32 * GiB, "qcow2"},
		"local-lvm:vm-100-Disk-0,size=10240M":                                    {10 * GiB, "raw"},
		"local:100/base-9-Disk-0.qcow2/100/vm-100-Disk-0.qcow2,size=2T,iothread": {2048 * GiB, "qcow2"},
		"zfs:vm-100-Disk-0.old,size=4194304K":                                    {4 * GiB, "raw"},
		"ceph:vm-100-Disk-0":                                                     {0, "raw"},
	} {
		d := ParseDisk("scsi0", value)
		if d.Bytes() != want.bytes || FormatOf(d) != want.format {
			t.Errorf("%s: %d bytes, format %s, want %+v", value, d.Bytes(), FormatOf(d), want)
		}
	}
}

func TestDisk_limitsKeepEverythingElse(t *testing.T) {
	t.Parallel()
	d := ParseDisk("scsi0", "l:a,discard=on,mbps_rd=10.00,iops_wr=500,size=8G")
	value, changed := d.WithLimits(spec.Limits{ReadMBps: 10, WriteMBps: 20})
	if want := "l:a,discard=on,mbps_rd=10.00,size=8G,mbps_wr=20"; value != want || !changed {
		t.Errorf("got %q %v, want %q", value, changed, want)
	}
	if _, changed := ParseDisk("scsi0", "l:a,mbps_rd=10.0").WithLimits(spec.Limits{ReadMBps: 10}); changed {
		t.Error("10.0 and 10 are taken for different limits")
	}
	if _, changed := ParseDisk("scsi0", "l:a").WithLimits(spec.Limits{}); changed {
		t.Error("no limits wanted, none there, yet a change")
	}
}

func TestFreeKey_takesAPlaceThatWorksWhileRunning(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]map[string]string{
		"scsi1":   guest("scsi0", "l:a"),
		"virtio2": guest("virtio0", "l:a", "virtio1", "l:cd,media=cdrom"),
		"scsi0":   guest("sata0", "l:a"),
	} {
		system, _ := System(c)
		if got := FreeKey(c, system); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPinBoot_namesTheSystemDiskWhereNothingDoes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		c    map[string]string
		want string
	}{
		"no line":              {guest("sata1", "local:vm-1-Disk-0"), "order=sata1"},
		"named":                {guest("sata1", "local:vm-1-Disk-0", "boot", "order=net0;sata1", "net0", "virtio"), ""},
		"named by the old key": {guest("scsi3", "local:vm-1-Disk-0", "bootdisk", "scsi3", "boot", "c"), ""},
		"others named":         {guest("virtio2", "local:vm-1-Disk-0", "boot", "order=net0;scsi9", "net0", "virtio"), "order=virtio2;net0"},
	} {
		system, _ := System(tc.c)
		if got, _ := PinBoot(tc.c, system); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestExtra_areTheDataDisksBesideTheSystemDisk(t *testing.T) {
	t.Parallel()
	c := guest("boot", "order=scsi1", "scsi0", "l:vm-7-disk-0", "scsi1", "l:vm-7-disk-1", "virtio0", "l:vm-7-disk-2",
		"ide2", "l:vm-7-cloudinit,media=cdrom", "ide0", "none,media=cdrom", "unused0", "l:vm-7-disk-3")
	var keys []string
	for _, d := range Extra(c) {
		keys = append(keys, d.Key)
	}
	if got := strings.Join(keys, " "); got != "scsi0 virtio0" {
		t.Errorf("extra disks %q, want scsi0 and virtio0", got)
	}
	if extra := Extra(guest("scsi0", "l:vm-7-disk-0")); len(extra) != 0 {
		t.Errorf("a lone disk has %v beside it", extra)
	}
}
