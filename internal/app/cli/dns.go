package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

func newDNS(e Env) *cobra.Command {
	cmd := &cobra.Command{Use: "dns", Short: "Keep DNS records: plan and order them, configure zones, work out names"}
	for _, command := range []func(Env) *cobra.Command{newDNSPlan, newDNSSync, newDNSRetry, newDNSZones, newDNSPtr, newDNSZone} {
		cmd.AddCommand(command(e))
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no dns %s; kvmbridge dns lists what there is", args[0])
		}
		return cmd.Help()
	}
	return cmd
}

func newDNSPtr(e Env) *cobra.Command {
	return newAnswers(e, &cobra.Command{
		Use:   "ptr IP...",
		Short: "Print the name at which the PTR record of an address lies, one per line",
	}, "give at least one address, such as 192.0.2.10 or 2001:db8::10", ptrName)
}

func newDNSZone(e Env) *cobra.Command {
	return newAnswers(e, &cobra.Command{
		Use:   "zone CIDR...",
		Short: "Print the reverse zone of each network, one per line",
		Long: "Print the reverse zone of each network, one per line. A network whose mask ends within a label has none of its own;\n" +
			"for it the words \"" + dns.ErrClassless.Error() + "\" are printed.",
	}, "give at least one network with its mask, such as 192.0.2.0/24 or 2001:db8::/64", zoneNames)
}

// newAnswers makes a command that answers each argument with lines and needs nothing but its arguments. When one of them
// makes no sense nothing is printed, so that no program takes a part for the whole.
func newAnswers(e Env, cmd *cobra.Command, none string, answer func(arg string) ([]string, error)) *cobra.Command {
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(none)
		}
		var text strings.Builder
		for _, arg := range args {
			lines, err := answer(arg)
			if err != nil {
				return err
			}
			text.WriteString(strings.Join(lines, "\n") + "\n")
		}
		_, err := fmt.Fprint(e.Stdout, text.String())
		return failed(err)
	}
	return cmd
}

func ptrName(arg string) ([]string, error) {
	a, err := netip.ParseAddr(arg)
	if err != nil {
		return nil, fmt.Errorf("%q is not an IP address; write it alone and without leading zeros, such as 192.0.2.10 or 2001:db8::10", arg)
	}
	name, err := dns.PTRName(a)
	return []string{name}, err
}

func zoneNames(arg string) ([]string, error) {
	network, err := netip.ParsePrefix(arg)
	if err != nil {
		return nil, fmt.Errorf("%q is not a network with its mask; write it such as 192.0.2.0/24 or 2001:db8::/64", arg)
	}
	zone, err := dns.ReverseZone(network)
	if errors.Is(err, dns.ErrClassless) {
		zone, err = err.Error(), nil
	}
	return []string{zone}, err
}
