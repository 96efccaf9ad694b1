package spec_test

import (
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

func ExampleResolve() {
	want, err := spec.Resolve(spec.Facts{
		Settings: `{"vm": {"template": 9000, "cpu": 2}, "system_disk": {"size_gb": 20}}`,
		Options:  map[string]string{"RAM": "4", "System Disk": "40"},
	})
	fmt.Println(want.Template, want.Cores, want.MemoryMiB, want.System.SizeGiB, err)
	// Output: 9000 2 4096 40 <nil>
}

func ExampleResolve_faults() {
	_, err := spec.Resolve(spec.Facts{Settings: `{"vm": {"cpus": 2}, "network": {"vlan": "4096"}}`})
	fmt.Println(err)
	// Output: network.vlan is "4096"; it must be a whole number from 0 to 4094. vm.cpus is not a known setting; did you mean vm.cpu? Open Setup > Products/Services > Products/Services, edit the product and go to its Module Settings tab.
}
