// Command kvmbridge builds the virtual machines that WHMCS sells on Proxmox VE.
package main

import (
	"context"
	"os"

	"github.com/kvmbridge/kvmbridge/internal/app"
	"github.com/kvmbridge/kvmbridge/internal/app/showroom"
)

func main() {
	os.Exit(app.Main(context.Background(), app.Show{Demo: showroom.Demo, Bench: showroom.Bench}, os.Args[1:]...))
}
