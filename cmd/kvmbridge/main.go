// Command kvmbridge builds the virtual machines that WHMCS sells on Proxmox VE.
package main

import (
	"context"
	"os"

	"github.com/kvmbridge/kvmbridge/internal/app"
)

func main() {
	os.Exit(app.Main(context.Background(), os.Args[1:]...))
}
