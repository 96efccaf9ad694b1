<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * What each entry point of the server module answers. Nothing leaves as an exception: WHMCS would show a broken page.
 */
final class ServerModule
{
    public const NAME = 'puqProxmoxKVM';
    public const TITLE = 'Proxmox KVM (kvmbridge)';
    public const DEFAULT_PORT = 8006;
    private const DEFAULT_SETTINGS = "{}";

    /** @return array<string,mixed> */
    public static function metaData(): array
    {
        return [
            'DisplayName' => self::TITLE,
            'APIVersion' => '1.1',
            'RequiresServer' => true,
            'DefaultSSLPort' => (string) self::DEFAULT_PORT,
        ];
    }

    /**
     * One field at position 1, for good: WHMCS binds values to positions.
     *
     * @param array<string,mixed> $params
     * @return array<string,array<string,mixed>>
     */
    public static function configOptions(array $params): array
    {
        return ['settings' => [
            'FriendlyName' => 'Product settings (JSON)',
            'Type' => 'textarea',
            'Rows' => '20',
            'Cols' => '80',
            'Default' => self::DEFAULT_SETTINGS,
            'Description' => self::settingsNotes(self::productOf($params)),
        ]];
    }

    /**
     * @param array<string,mixed> $params
     * @return string 'success' or the sentence that WHMCS shows and keeps in its module queue
     */
    public static function command(string $function, array $params): string
    {
        try {
            self::ask($function, $params);
            return 'success';
        } catch (\Throwable $error) {
            return $error->getMessage();
        }
    }

    /**
     * @param array<string,mixed> $params
     * @return array{success:bool,error:string}
     */
    public static function testConnection(array $params): array
    {
        $outcome = self::command('TestConnection', $params);
        return ['success' => $outcome === 'success', 'error' => $outcome === 'success' ? '' : $outcome];
    }

    /**
     * @param array<string,mixed> $params
     * @return array<string,string> label => function suffix; none yet
     */
    public static function adminButtons(array $params): array
    {
        return [];
    }

    /**
     * @param array<string,mixed> $params
     * @return array<string,string> label => HTML
     */
    public static function tabFields(array $params): array
    {
        try {
            $fields = self::ask('AdminServicesTabFields', $params)['fields'] ?? [];
            return array_map('strval', array_filter(is_array($fields) ? $fields : [], 'is_scalar'));
        } catch (\Throwable $error) {
            return [self::TITLE => Html::fault($error->getMessage())];
        }
    }

    /** @param array<string,mixed> $params */
    public static function clientArea(array $params): string
    {
        try {
            $html = self::ask('ClientArea', $params)['html'] ?? null;
            return is_string($html) ? $html : Html::unavailable();
        } catch (\Throwable $error) {
            return Html::unavailable();
        }
    }

    public static function deliverOutbox(): void
    {
        try {
            Funnel::ask(self::NAME, '/v1/outbox/deliver', Payload::base([]));
        } catch (\Throwable $error) {
            // The module log has it; a hook that throws would break the cron run of the whole of WHMCS.
        }
    }

    /**
     * @param array<string,mixed> $params
     * @param array<string,mixed> $args
     * @return array<string,mixed>
     */
    private static function ask(string $function, array $params, array $args = []): array
    {
        return Funnel::ask(self::NAME, '/v1/module/' . $function, Payload::forModule($params, $args));
    }

    private static function settingsNotes(int $product): string
    {
        $notes = 'The settings of the virtual machines of this product, as one JSON document.';
        if ($product === 0) {
            return $notes . ' Save the product once to have them checked.';
        }
        try {
            $html = self::ask('ConfigOptions', ['pid' => $product], ['product_id' => $product])['description'] ?? null;
            return is_string($html) && $html !== '' ? $html : $notes;
        } catch (\Throwable $error) {
            return $notes . Html::fault('They cannot be checked now. ' . $error->getMessage());
        }
    }

    /**
     * The product editor says which product it draws only in the request; elsewhere (saving, API, cron) nobody reads the
     * notes, so the service is not asked.
     *
     * @param array<string,mixed> $params
     */
    private static function productOf(array $params): int
    {
        $editor = basename((string) ($_SERVER['SCRIPT_NAME'] ?? '')) === 'configproducts.php';
        $id = $params['pid'] ?? $_REQUEST['id'] ?? 0;
        return $editor && ($_REQUEST['action'] ?? '') !== 'save' && is_numeric($id) ? (int) $id : 0;
    }
}
