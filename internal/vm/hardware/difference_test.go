package hardware

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifferences_areOptionByOption(t *testing.T) {
	t.Parallel()
	const mac, other = "BC:24:11:00:00:01", "BC:24:11:00:00:02"
	for name, c := range map[string]struct {
		config, want map[string]string
		differs      []Difference
	}{
		"nothing wanted": {guest("cores", "2"), guest(), nil},
		"the same in another order": {
			guest("net0", "virtio="+mac+",bridge=vmbr0,rate=10.0", "ipconfig0", "gw=192.0.2.1,ip=192.0.2.9/24"),
			guest("net0", "virtio="+mac+",rate=10,bridge=vmbr0", "ipconfig0", "ip=192.0.2.9/24,gw=192.0.2.1"), nil,
		},
		"what is missing is 0": {guest("scsi0", "l:a,size=8G"), guest("onboot", "0", "scsi0", "l:a,size=8G,mbps_rd=0"), nil},
		"plain values":         {guest("cores", "2"), guest("cores", "4", "onboot", "1"), []Difference{{"cores", "2", "4"}, {"onboot", "", "1"}}},
		"a NIC": {
			guest("net0", "virtio="+mac+",bridge=vmbr0,rate=5,link_down=1"), guest("net0", "e1000="+other+",bridge=vmbr1,tag=7"),
			[]Difference{
				{"net0 MAC", mac, other},
				{"net0 bridge", "vmbr0", "vmbr1"},
				{"net0 link_down", "1", ""},
				{"net0 model", "virtio", "e1000"},
				{"net0 rate", "5", ""},
				{"net0 tag", "", "7"},
			},
		},
		"no NIC":      {guest(), guest("net0", "virtio,bridge=vmbr0"), []Difference{{"net0 bridge", "", "vmbr0"}, {"net0 model", "", "virtio"}}},
		"a volume":    {guest("scsi1", "l:a,size=8G"), guest("scsi1", "l:b,size=8G"), []Difference{{"scsi1", "l:a", "l:b"}}},
		"limits":      {guest("virtio0", "l:a,iops_wr=9"), guest("virtio0", "l:a,mbps_rd=50"), []Difference{{"virtio0 iops_wr", "9", ""}, {"virtio0 mbps_rd", "", "50"}}},
		"an address":  {guest("ipconfig0", "ip=192.0.2.9/24"), guest("ipconfig0", ""), []Difference{{"ipconfig0 ip", "192.0.2.9/24", ""}}},
		"other lines": {guest("nameserver", "9.9.9.9,1.1.1.1"), guest("nameserver", "9.9.9.9"), []Difference{{"nameserver", "9.9.9.9,1.1.1.1", "9.9.9.9"}}},
	} {
		if d := cmp.Diff(c.differs, Differences(c.config, c.want)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
