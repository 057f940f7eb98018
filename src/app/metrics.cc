#include "app/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace parley::app {

struct MetricsPage::Impl {
  std::vector<prometheus::MetricFamily> families;

  prometheus::ClientMetric& add(std::string_view name, std::string_view help,
                                prometheus::MetricType type, const Labels& labels) {
    prometheus::MetricFamily* family = nullptr;
    for (prometheus::MetricFamily& f : families) {
      if (f.name == name) family = &f;
    }
    if (family == nullptr) {
      family = &families.emplace_back();
      family->name = name;
      family->help = help;
      family->type = type;
    }
    prometheus::ClientMetric& metric = family->metric.emplace_back();
    for (const auto& [key, value] : labels) {
      prometheus::ClientMetric::Label label;
      label.name = key;
      label.value = value;
      metric.label.push_back(std::move(label));
    }
    return metric;
  }
};

MetricsPage::MetricsPage() : impl_(std::make_unique<Impl>()) {}
MetricsPage::~MetricsPage() = default;

void MetricsPage::gauge(std::string_view name, std::string_view help, const Labels& labels,
                        double value) {
  impl_->add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void MetricsPage::counter(std::string_view name, std::string_view help, const Labels& labels,
                          double value) {
  impl_->add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

std::string MetricsPage::text() const {
  return prometheus::TextSerializer().Serialize(impl_->families);
}

}  // namespace parley::app
