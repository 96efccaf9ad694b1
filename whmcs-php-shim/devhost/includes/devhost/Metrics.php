<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;
use WHMCS\UsageBilling\Contracts\Metrics\MetricInterface;
use WHMCS\UsageBilling\Contracts\Metrics\ProviderInterface;

/** Usage billing: asks metric providers, keeps what they say, and knows which metrics a product has switched on. */
final class Metrics
{
    /** @return string[] what the daily cron did with each enabled server, one line each */
    public static function collectAll(): array
    {
        $lines = [];
        foreach (Capsule::table('tblservers')->where('disabled', 0)->orderBy('id')->get() as $server) {
            if (Server::has($server->type, 'UsageUpdate')) {
                Server::call($server->type, 'UsageUpdate', Params::forServer($server, 'UsageUpdate'));
                $lines[] = "usage of server $server->id";
            }
            $provider = self::provider($server->type, Params::forServer($server, 'MetricProvider'));
            if ($provider !== null) {
                $lines[] = "metrics of server $server->id: " . self::keepAll((int) $server->id, $provider->usage()) . ' tenants';
            }
        }
        return $lines;
    }

    /** Asks for one service anew. */
    public static function refresh(object $service): void
    {
        $provider = self::ofService($service);
        $tenant = $provider === null ? '' : self::tenant($service);
        if ($tenant !== '') {
            self::keepAll((int) $service->server, [$tenant => $provider->tenantUsage($tenant)]);
        }
    }

    /** @return array<int,string[]> rows of HTML: metric, whether the product bills it, present usage, when that was collected */
    public static function rows(object $service): array
    {
        $provider = self::ofService($service);
        $rows = [];
        foreach ($provider === null ? [] : $provider->metrics() as $metric) {
            $kept = Capsule::table('devhost_metrics')->where('server_id', $service->server)->where('tenant', self::tenant($service))
                ->where('metric', $metric->systemName())->first();
            $rows[] = [Html::e($metric->displayName()), self::enabled((int) $service->packageid, $metric) ? 'Yes' : 'No',
                Html::e($kept === null ? '-' : $metric->units()->decorate($kept->value)), Html::e($kept->measured_at ?? 'Never')];
        }
        return $rows;
    }

    /** @return array<string,array{0:MetricInterface,1:bool}> what a product can bill, and whether it does */
    public static function ofProduct(object $product): array
    {
        $provider = self::provider((string) $product->servertype, ['action' => 'MetricProvider']);
        $metrics = [];
        foreach ($provider === null ? [] : $provider->metrics() as $metric) {
            $metrics[$metric->systemName()] = [$metric, self::enabled((int) $product->id, $metric)];
        }
        return $metrics;
    }

    /** @param string[] $names system names of those to bill */
    public static function enable(object $product, array $names): void
    {
        $row = ['rel_type' => 'Product', 'rel_id' => $product->id, 'module_type' => 'servers', 'module' => $product->servertype];
        foreach (array_keys(self::ofProduct($product)) as $name) {
            $known = Capsule::table('tblusage_items')->where('rel_type', 'Product')->where('rel_id', $product->id)->where('metric', $name);
            in_array($name, $names, true) ? Capsule::table('tblusage_items')->updateOrInsert($row + ['metric' => $name]) : $known->delete();
        }
    }

    private static function enabled(int $product, MetricInterface $metric): bool
    {
        return Capsule::table('tblusage_items')->where('rel_type', 'Product')->where('rel_id', $product)
            ->where('metric', $metric->systemName())->exists();
    }

    private static function ofService(object $service): ?ProviderInterface
    {
        return self::provider(Server::moduleOf((int) $service->id), Params::forService((int) $service->id, 'MetricProvider'));
    }

    private static function provider(string $module, array $params): ?ProviderInterface
    {
        return Server::has($module, 'MetricProvider') ? Server::call($module, 'MetricProvider', $params) : null;
    }

    /** The value of the column that the module names as unique; a service without one has no usage. */
    private static function tenant(object $service): string
    {
        $meta = (array) Server::call(Server::moduleOf((int) $service->id), 'MetaData', []);
        return (string) ($service->{$meta['ListAccountsUniqueIdentifierField'] ?? 'domain'} ?? '');
    }

    private static function keepAll(int $server, array $usage): int
    {
        foreach ($usage as $tenant => $metrics) {
            foreach ($metrics as $metric) {
                Capsule::table('devhost_metrics')->updateOrInsert(
                    ['server_id' => $server, 'tenant' => (string) $tenant, 'metric' => $metric->systemName()],
                    ['value' => $metric->usage()->value(), 'measured_at' => date('Y-m-d H:i:s')]
                );
            }
        }
        return count($usage);
    }
}
