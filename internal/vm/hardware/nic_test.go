package hardware

import (
	"maps"
	"testing"
)

func TestPlugged_saysOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	const up, down = "virtio=BC:24:11:00:00:01,bridge=vmbr0", "virtio=BC:24:11:00:00:01,bridge=vmbr0,link_down=1"
	for name, c := range map[string]struct{ config, suspended, back map[string]string }{
		"running":   {guest("onboot", "1", "net0", up), guest("onboot", "0", "net0", down), guest()},
		"suspended": {guest("onboot", "0", "net0", down), guest(), guest("onboot", "1", "net0", up)},
		"no NIC":    {guest(), guest("onboot", "0"), guest("onboot", "1")},
	} {
		if got := Plugged(c.config, "0", "1"); !maps.Equal(got, c.suspended) {
			t.Errorf("%s: suspend writes %v, want %v", name, got, c.suspended)
		}
		if got := Plugged(c.config, "1", ""); !maps.Equal(got, c.back) {
			t.Errorf("%s: unsuspend writes %v, want %v", name, got, c.back)
		}
	}
}
