<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What each entry point of the server module answers. Nothing leaves as an exception: WHMCS would show a broken page. */
final class ServerModule
{
    public const NAME = 'puqProxmoxKVM';
    public const TITLE = 'Proxmox KVM (kvmbridge)';
    public const DEFAULT_PORT = 8006;
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
            'FriendlyName' => 'Product settings (JSON)', 'Type' => 'textarea', 'Rows' => '20', 'Cols' => '80',
            'Default' => (string) file_get_contents(__DIR__ . '/settings.json'), 'Description' => self::settingsNotes($params),
        ]];
    }

    /** @return string 'success', or the sentence that WHMCS shows and keeps in its module queue */
    public static function command(string $function, array $params, array $args = []): string
    {
        $answer = Funnel::ask(self::NAME, '/v1/module/' . $function, Payload::forModule($params, $args));
        if ($function === 'ChangePassword' && defined('CLIENTAREA') && !in_array($answer['reason'], ['', 'refused'], true)) {
            return self::NO_PASSWORD; // this one is shown to the client
        }
        return $answer['reason'] === '' ? 'success' : $answer['message'];
    }

    /** @return array<string,string> label => function: * may run while the machine runs, ** needs it stopped, -> is a step of the order */
    public static function buttons(): array
    {
        return json_decode((string) file_get_contents(__DIR__ . '/buttons.json'), true);
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
        $answer = Funnel::ask(self::NAME, '/v1/module/AdminServicesTabFields', Payload::forModule($params));
        $fields = array_filter((array) ($answer['data']['fields'] ?? []), 'is_string');
        return $answer['reason'] === '' ? $fields : [self::TITLE => Fault::html($answer['message'])];
    }

    public static function clientArea(array $params): string
    {
        return Funnel::text(Funnel::ask(self::NAME, '/v1/module/ClientArea', Payload::forModule($params)), 'html') ?: self::UNAVAILABLE;
    }

    public static function deliverOutbox(): void
    {
        Funnel::ask(self::NAME, '/v1/outbox/deliver', Payload::base());
    }

    /** Only the product editor shows them, and which product it draws stands in the request alone; elsewhere the service is not asked. */
    private static function settingsNotes(array $params): string
    {
        $id = $params['pid'] ?? $_REQUEST['id'] ?? 0;
        $drawing = basename($_SERVER['SCRIPT_NAME'] ?? '') === 'configproducts.php' && ($_REQUEST['action'] ?? '') !== 'save';
        if (!$drawing || !is_numeric($id) || (int) $id < 1) {
            return self::NOTES;
        }
        $payload = Payload::forModule(['pid' => $id] + $params, ['product_id' => (int) $id]);
        $answer = Funnel::ask(self::NAME, '/v1/module/ConfigOptions', $payload);
        return (Funnel::text($answer, 'description') ?: self::NOTES) . Fault::html($answer['message']);
    }
}
