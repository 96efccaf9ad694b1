<?php

declare(strict_types=1);

namespace WHMCS\UsageBilling\Metrics;

use WHMCS\UsageBilling\Contracts\Metrics\MetricInterface;
use WHMCS\UsageBilling\Contracts\Metrics\UnitInterface;
use WHMCS\UsageBilling\Contracts\Metrics\UsageInterface;
use WHMCS\UsageBilling\Metrics\Units\FloatingPoint;

final class Metric implements MetricInterface
{
    private $systemName;
    private $displayName;
    private $type;
    private $units;
    private $usage;

    public function __construct($systemName, $displayName = null, $type = null, ?UnitInterface $units = null, ?UsageInterface $usage = null)
    {
        $this->systemName = $systemName;
        $this->displayName = $displayName ?? $systemName;
        $this->type = $type ?? self::TYPE_SNAPSHOT;
        $this->units = $units ?? new FloatingPoint('');
        $this->usage = $usage;
    }

    public function systemName()
    {
        return $this->systemName;
    }

    public function displayName()
    {
        return $this->displayName;
    }

    public function type()
    {
        return $this->type;
    }

    public function units()
    {
        return $this->units;
    }

    public function usage()
    {
        return $this->usage;
    }

    public function withUsage(?UsageInterface $usage = null)
    {
        return new self($this->systemName, $this->displayName, $this->type, $this->units, $usage);
    }
}
