package machine_test

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
)

func TestBootDisk_firstDataDiskOfTheOrder(t *testing.T) {
	t.Parallel()
	disks := machine.Config{"ide2": "a:vm-1-cloudinit,media=cdrom", "scsi0": "a:vm-1-disk-0,size=1G", "virtio0": "a:vm-1-disk-1"}
	for boot, want := range map[string]string{
		"order=ide2;net0;virtio0": "virtio0", "order=scsi0": "scsi0", "": "scsi0", "order=net0": "",
	} {
		c := disks.Clone()
		c["boot"] = boot
		if got := c.BootDisk(); got != want {
			t.Errorf("boot %q: got %q, want %q", boot, got, want)
		}
	}
}

func TestConfig_printsDisksAndCardsInNormalForm(t *testing.T) {
	t.Parallel()
	d := machine.ParseDrive("size=2G,store:1/x.qcow2,mbps_wr=4,iops_rd=5")
	if got, want := d.String(), "store:1/x.qcow2,iops_rd=5,mbps_wr=4,size=2G"; got != want {
		t.Errorf("drive: got %q, want %q", got, want)
	}
	n := machine.ParseNet("tag=1,model=virtio,macaddr=02:00:00:aa:bb:02,bridge=vmbr0")
	if got, want := n.String(), "virtio=02:00:00:aa:bb:02,bridge=vmbr0,tag=1"; got != want {
		t.Errorf("card: got %q, want %q", got, want)
	}
	if got, want := machine.Normal("tags", "Beta, alpha;beta"), "alpha;beta"; got != want {
		t.Errorf("tags: got %q, want %q", got, want)
	}
}

func TestLive_whatARunningGuestTakesAtOnce(t *testing.T) {
	t.Parallel()
	c := machine.Config{
		"cores": "2", "memory": "512", "net0": "virtio=02:00:00:aa:bb:02,bridge=vmbr0",
		"scsi0": "a:d0,size=1G", "ide0": "a:d1,size=1G", "hotplug": "disk",
	}
	rows := []struct {
		key, value string
		want       bool
	}{
		{"cores", "4", false},
		{"cores", "2", true},
		{"memory", "1024", false},
		{"name", "x", true},
		{"net0", "virtio=02:00:00:aa:bb:02,bridge=vmbr0,rate=5", true},
		{"net0", "virtio=02:00:00:aa:bb:03,bridge=vmbr0", false},
		{"scsi0", "a:d0,size=1G,mbps_rd=5", true},
		{"scsi0", "a:d0,size=1G,cache=none", false},
		{"scsi1", "a:d3,size=1G", true},
		{"ide0", "", false},
		{"ide0", "a:d9,size=1G", false},
		{"scsi0", "a:d9,size=1G", true},
		{"ciuser", "x", true},
		{"serial0", "", true},
		{"boot", "order=scsi0", false},
	}
	for _, row := range rows {
		if got := c.Live(row.key, row.value); got != row.want {
			t.Errorf("%s = %q: got %v, want %v", row.key, row.value, got, row.want)
		}
	}
}

func TestCheckDrive_refusesWhatTheParserCannotRead(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"s:32,mbps=10,mbps_rd=5", "s:32,mbps_rd_max=50", "s:32,iops_max_length=3", "s:iso/a.iso",
	} {
		if machine.CheckDrive("scsi0", bad) == nil {
			t.Errorf("%q: got no refusal", bad)
		}
	}
	for _, fine := range []string{"s:32,mbps_rd=10,mbps_rd_max=20", "s:32,iops_rd_max=20", "s:iso/a.iso,media=cdrom"} {
		if err := machine.CheckDrive("ide2", fine); err != nil {
			t.Errorf("%q: got %v, want none", fine, err)
		}
	}
}
