<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What each entry point of the server module answers. Nothing leaves as an exception: WHMCS would show a broken page. */
final class ServerModule
{
    public const NAME = 'puqProxmoxKVM';
    public const TITLE = 'Proxmox KVM (kvmbridge)';
    public const DEFAULT_PORT = 8006;
    private const DEFAULT_SETTINGS = <<<'JSON'
{
  "vm": {"template": 0, "cpu": 1, "ram_gb": 1, "clone": "linked"},
  "system_disk": {"size_gb": 0},
  "network": {"bridge": "vmbr0", "ipv4": 1, "ipv6": 0, "dhcp4": false, "dhcp6": false},
  "integrations": {"main_domain": ".example.com"}
}
JSON;
    /** Label => function, in the order of display: * may run while the machine runs, ** needs it stopped, -> is a step of the order. */
    public const BUTTONS = [
        'Start' => 'Start', 'Stop' => 'Stop', '**Reinstall' => 'Reinstall', 'VMSetDedicatedIp ->' => 'VMSetDedicatedIp',
        'VMClone ->' => 'VMClone', '**Set CPU RAM ->' => 'SetCPURAM', '*Set System Disk Size ->' => 'SetSystemDiskSize',
        '*Set System Disk Bandwidth ->' => 'SetSystemDiskBandwidth', '*Set Created Additional Disk ->' => 'SetCreatedAdditionalDisk',
        '*Set Additional Disk Size ->' => 'SetAdditionalDiskSize', '*Set Additional Disk Bandwidth ->' => 'SetAdditionalDiskBandwidth',
        '*Set Network ->' => 'SetNetwork', '*Set Firewall ->' => 'SetFirewall', '**SetCloudinit' => 'SetCloudinit',
        '**VMRemove' => 'VMRemove', 'Set DNS records' => 'SetDNSRecords', 'Redeploy' => 'Redeploy',
    ];
    private const NOTES = 'The settings of the virtual machines of this product, as one JSON document.';
    /** For clients: what happened, and nothing about the inside. */
    private const UNAVAILABLE = '<div class="kvmbridge"><div class="alert alert-warning">This page is temporarily unavailable. Your '
        . 'virtual machine is not affected. Please try again in a few minutes.</div></div>';
    private const NO_PASSWORD = 'The password may not have been changed. Please try again in a few minutes.';

    public static function metaData(): array
    {
        return ['DisplayName' => self::TITLE, 'APIVersion' => '1.1', 'RequiresServer' => true, 'DefaultSSLPort' => (string) self::DEFAULT_PORT];
    }

    /** One field at position 1, for good: WHMCS binds values to positions. */
    public static function configOptions(array $params): array
    {
        return ['settings' => [
            'FriendlyName' => 'Product settings (JSON)',
            'Type' => 'textarea', 'Rows' => '20', 'Cols' => '80',
            'Default' => self::DEFAULT_SETTINGS, 'Description' => self::settingsNotes($params),
        ]];
    }

    /** @return string 'success', or the sentence that WHMCS shows and keeps in its module queue */
    public static function command(string $function, array $params, array $args = []): string
    {
        try {
            self::ask($function, $params, $args);
            return 'success';
        } catch (\Throwable $error) {
            // This one is shown to the client.
            $open = $function !== 'ChangePassword' || !defined('CLIENTAREA') || ($error->reason ?? '') === 'refused';
            return $open ? $error->getMessage() : self::NO_PASSWORD;
        }
    }

    public static function button(string $name, array $params): string
    {
        return self::command('Command', $params, ['name' => $name]);
    }

    /** The page's only field of ours is empty unless an existing machine is to be set; WHMCS shows no error here. */
    public static function saveTabFields(array $params): void
    {
        $id = $_POST['modulefields']['vm_id'] ?? '';
        if (is_string($id) && ctype_digit($id)) {
            self::command('Command', $params, ['name' => 'SetVMID', 'vm_id' => (int) $id]);
        }
    }

    public static function testConnection(array $params): array
    {
        $outcome = self::command('TestConnection', $params);
        return ['success' => $outcome === 'success', 'error' => $outcome === 'success' ? '' : $outcome];
    }

    /** @return array<string,string> label => HTML */
    public static function tabFields(array $params): array
    {
        try {
            return array_filter((array) (self::ask('AdminServicesTabFields', $params)['fields'] ?? []), 'is_string');
        } catch (\Throwable $error) {
            return [self::TITLE => Fault::html($error)];
        }
    }

    public static function clientArea(array $params): string
    {
        try {
            $html = self::ask('ClientArea', $params)['html'] ?? null;
            return is_string($html) ? $html : self::UNAVAILABLE;
        } catch (\Throwable $error) {
            return self::UNAVAILABLE;
        }
    }

    public static function deliverOutbox(): void
    {
        try {
            Funnel::ask(self::NAME, '/v1/outbox/deliver', Payload::base());
        } catch (\Throwable $error) {
            // The module log has it; a hook that throws would break the whole cron run.
        }
    }

    private static function ask(string $function, array $params, array $args = []): array
    {
        return Funnel::ask(self::NAME, '/v1/module/' . $function, Payload::forModule($params, $args));
    }

    /**
     * Only the product editor shows the notes, and it says which product it draws in the request alone; elsewhere (saving,
     * API, cron) the service is not asked.
     */
    private static function settingsNotes(array $params): string
    {
        $id = $params['pid'] ?? $_REQUEST['id'] ?? 0;
        $drawing = basename($_SERVER['SCRIPT_NAME'] ?? '') === 'configproducts.php' && ($_REQUEST['action'] ?? '') !== 'save';
        if (!$drawing || !is_numeric($id) || (int) $id < 1) {
            return self::NOTES;
        }
        try {
            $notes = self::ask('ConfigOptions', ['pid' => $id] + $params, ['product_id' => (int) $id])['description'] ?? '';
            return is_string($notes) && $notes !== '' ? $notes : self::NOTES;
        } catch (\Throwable $error) {
            return self::NOTES . Fault::html($error);
        }
    }
}
