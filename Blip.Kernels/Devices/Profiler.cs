using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Blip.Kernels.Devices;

/// <summary>Times a device's work step by step. It waits after each step, so the sum of the parts exceeds the whole a little.</summary>
public sealed class Profiler
{
    private readonly List<ProfiledStep> steps = [];
    private readonly long origin = Stopwatch.GetTimestamp();

    /// <summary>The measurements in order.</summary>
    public IReadOnlyList<ProfiledStep> Steps => steps;

    /// <summary>Measures until the result is disposed.</summary>
    /// <param name="device">The device to wait for.</param>
    /// <param name="stage">The graph or other part of the pipeline: <c>image</c>, <c>vision</c>, <c>step</c>, <c>generate</c>.</param>
    /// <param name="name">The node.</param>
    /// <param name="operation">The kernel's operator.</param>
    /// <param name="flops">Floating-point operations, or 0.</param>
    public Measurement Measure(Device device, string stage, string name, string operation, long flops = 0)
    {
        device.Synchronize();
        return new Measurement(this, device, stage, name, operation, flops, Stopwatch.GetTimestamp());
    }

    /// <summary>Two tables, slowest first: time, share, calls and GFLOP/s by stage and operator, and by node.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Write(text, "operator", step => (step.Stage, step.Operation), step => step.Operation);
        text.AppendLine();
        Write(text, "node", step => (step.Stage, step.Name), step => step.Name);
        return text.ToString();
    }

    private void Write(StringBuilder text, string heading, Func<ProfiledStep, (string, string)> by, Func<ProfiledStep, string> label)
    {
        var total = steps.Sum(step => step.Microseconds);
        var width = steps.Select(step => label(step).Length).Append(heading.Length).Max();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"{"stage",-18} {heading.PadRight(width)} {"calls",6} {"ms",10} {"%",6} {"GFLOP/s",9}");
        foreach (var group in steps.GroupBy(by).OrderByDescending(group => group.Sum(step => step.Microseconds)))
        {
            var (time, first) = (group.Sum(step => step.Microseconds), group.First());
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{first.Stage,-18} {label(first).PadRight(width)} {group.Count(),6} {time / 1000,10:F2} {100 * time / total,6:F1} "
                    + $"{group.Sum(step => step.Flops) / time / 1000,9:F1}");
        }
        text.AppendLine(CultureInfo.InvariantCulture, $"{"total",-18} {"".PadRight(width)} {steps.Count,6} {total / 1000,10:F2}");
    }

    /// <summary>Writes the steps in the Chrome trace event format (chrome://tracing, Perfetto).</summary>
    public void WriteChromeTrace(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteStartArray("traceEvents");
        foreach (var step in steps)
        {
            json.WriteStartObject();
            json.WriteString("name", step.Name);
            json.WriteString("cat", step.Stage);
            json.WriteString("ph", "X");
            json.WriteNumber("pid", 1);
            json.WriteNumber("tid", 1);
            json.WriteNumber("ts", step.Start);
            json.WriteNumber("dur", step.Microseconds);
            json.WriteStartObject("args");
            json.WriteString("operator", step.Operation);
            json.WriteNumber("flops", step.Flops);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A running measurement.</summary>
    public readonly struct Measurement : IDisposable
    {
        private readonly Profiler profiler;
        private readonly Device device;
        private readonly ProfiledStep step;
        private readonly long start;

        internal Measurement(Profiler profiler, Device device, string stage, string name, string operation, long flops, long start)
        {
            (this.profiler, this.device, this.start) = (profiler, device, start);
            step = new ProfiledStep(stage, name, operation, Stopwatch.GetElapsedTime(profiler.origin, start).TotalMicroseconds, 0, flops);
        }

        /// <summary>Waits for the device and ends the measurement.</summary>
        public void Dispose()
        {
            // The default value comes from Device.Measure without a profiler.
            if (profiler is null)
                return;
            device.Synchronize();
            profiler.steps.Add(step with { Microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds });
        }
    }
}

/// <summary>One measured step.</summary>
/// <param name="Stage">The graph or part of the pipeline.</param>
/// <param name="Name">The node.</param>
/// <param name="Operation">The kernel's operator.</param>
/// <param name="Start">Microseconds since the profiler's creation.</param>
/// <param name="Microseconds">Its duration.</param>
/// <param name="Flops">Floating-point operations.</param>
public sealed record ProfiledStep(string Stage, string Name, string Operation, double Start, double Microseconds, long Flops);
