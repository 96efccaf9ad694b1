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
    private const NOTES = 'The settings of the virtual machines of this product, as one JSON document.';
    /** For clients: what happened, and nothing about the inside. */
    private const UNAVAILABLE = '<div class="kvmbridge"><div class="alert alert-warning">This page is temporarily unavailable. Your '
        . 'virtual machine is not affected. Please try again in a few minutes.</div></div>';

    public static function metaData(): array
    {
        return ['DisplayName' => self::TITLE, 'APIVersion' => '1.1', 'RequiresServer' => true, 'DefaultSSLPort' => (string) self::DEFAULT_PORT];
    }

    /** One field at position 1, for good: WHMCS binds values to positions. */
    public static function configOptions(array $params): array
    {
        return ['settings' => [
            'FriendlyName' => 'Product settings (JSON)',
            'Type' => 'textarea',
            'Rows' => '20',
            'Cols' => '80',
            'Default' => self::DEFAULT_SETTINGS,
            'Description' => self::settingsNotes($params),
        ]];
    }

    /** @return string 'success', or the sentence that WHMCS shows and keeps in its module queue */
    public static function command(string $function, array $params): string
    {
        try {
            self::ask($function, $params);
            return 'success';
        } catch (\Throwable $error) {
            return $error->getMessage();
        }
    }

    public static function testConnection(array $params): array
    {
        $outcome = self::command('TestConnection', $params);
        return ['success' => $outcome === 'success', 'error' => $outcome === 'success' ? '' : $outcome];
    }

    /** @return array<string,string> label => function suffix; none yet */
    public static function adminButtons(array $params): array
    {
        return [];
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
