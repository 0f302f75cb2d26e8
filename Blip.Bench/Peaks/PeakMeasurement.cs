using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using Blip.Bench.Reporting;
using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;
using Sums16 = Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Sums4>>;
using Sums64 = Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Sums4>>>>;

namespace Blip.Bench.Peaks;

/// <summary>
/// A device's peaks, for comparison with kernels. Each limit is tried in several forms, and the best repetition counts, since other work on
/// the machine can only slow it.
/// </summary>
internal static class PeakMeasurement
{
    private const int Repetitions = 7;
    private const double SecondsPerRepetition = 0.05;

    // Far beyond any last-level cache.
    private const long ProcessorBytes = 512L << 20, GpuBytes = 1L << 30;

    private const float Filling = 0.5f;

    /// <summary>Measures an idle device.</summary>
    /// <exception cref="InvalidOperationException">A kernel read wrong values.</exception>
    public static DevicePeak Measure(Device device, Action<string> say)
    {
        var fma = device.Kind == DeviceKind.Cpu ? CpuFma(device) : PortableFma(device);
        var read = device.Kind == DeviceKind.Cpu ? CpuRead(device) : PortableRead(device);
        say($"{device.Description.Id} ({device.Name}): FMA {Text(fma)} GFLOP/s; reading {Text(read)} GB/s");
        return new DevicePeak(device.Description.Id, device.Name, fma.Max(form => form.Rate), read.Max(form => form.Rate));
    }

    private static string Text(IEnumerable<(string Form, double Rate)> forms) =>
        string.Join(", ", forms.Select(form => string.Create(CultureInfo.InvariantCulture, $"{form.Rate:F1} ({form.Form})")));

    private static List<(string Form, double Rate)> CpuFma(Device device)
    {
        var forms = new List<(string, double)> { ("128 bits", CpuFma<Floats128>(device)) };
        if (Vector256.IsHardwareAccelerated)
            forms.Add(("256 bits", CpuFma<Floats256>(device)));
        if (Vector512.IsHardwareAccelerated)
            forms.Add(("512 bits", CpuFma<Floats512>(device)));
        return forms;
    }

    private static unsafe double CpuFma<TVector>(Device device)
        where TVector : unmanaged, IVector<TVector>
    {
        // Several tasks per worker balance disturbances.
        var tasks = 8 * device.Workers;
        using var sink = device.Allocate<float>(tasks);
        return Best(rounds =>
        {
            device.Launch(new FmaOperator<TVector>(Cpu.Pointer(sink.View), tasks, rounds));
            return FmaOperator<TVector>.Flops(tasks, rounds);
        });
    }

    private static unsafe List<(string Form, double Rate)> CpuRead(Device device)
    {
        using var source = Filled(device, ProcessorBytes);
        var pieces = (int)(source.Length / ReadOperator<Floats256>.Piece);
        using var sink = device.Allocate<float>(pieces);
        double Rate(int streams) => Best(rounds =>
        {
            for (var round = 0; round < rounds; round++)
            {
                if (Vector512.IsHardwareAccelerated)
                    device.Launch(new ReadOperator<Floats512>(Cpu.Pointer(source.View), source.Length, Cpu.Pointer(sink.View), streams));
                else if (Vector256.IsHardwareAccelerated)
                    device.Launch(new ReadOperator<Floats256>(Cpu.Pointer(source.View), source.Length, Cpu.Pointer(sink.View), streams));
                else
                    device.Launch(new ReadOperator<Floats128>(Cpu.Pointer(source.View), source.Length, Cpu.Pointer(sink.View), streams));
            }
            return sizeof(float) * (double)source.Length * rounds;
        });
        var forms = new List<(string, double)> { ("1 stream", Rate(1)) };
        CheckSum(sink.ToArray(), source.Length);
        forms.Add(("4 streams", Rate(4)));
        CheckSum(sink.ToArray(), source.Length);
        return forms;
    }

    private static List<(string Form, double Rate)> PortableFma(Device device) =>
        device.Description.IsProcessor
            ? [("128 sums", PortableFma<Sums64>(device, device.Workers * 8, 1))]
            : [("32 sums", PortableFma<Sums16>(device, device.Workers * 16, 256)),
                ("128 sums", PortableFma<Sums64>(device, device.Workers * 16, 128))];

    private static double PortableFma<TSums>(Device device, int groups, int groupSize)
        where TSums : unmanaged, ISums<TSums>
    {
        var items = (long)groups * groupSize;
        using var sink = device.Upload<float>([.. Enumerable.Repeat(0.25f, (int)items * 2 * TSums.Count)]);
        return Best(rounds =>
        {
            device.Launch(new KernelConfig(groups, groupSize), new PeakPortable.Fma<TSums>(sink.View, rounds, 0.75f));
            device.Synchronize();
            return 2.0 * 2 * TSums.Count * items * rounds;
        });
    }

    private static List<(string Form, double Rate)> PortableRead(Device device)
    {
        using var source = Filled(device, device.Description.IsProcessor ? ProcessorBytes : GpuBytes);
        const int Piece = 1 << 18, GroupSize = 256;
        var pieces = (int)(source.Length / Piece);
        var groups = device.Workers * 16;
        using var sink = device.Allocate<float>(Math.Max(pieces * Sums64.Count, groups * GroupSize));
        double Rate(Action launch) => Best(rounds =>
        {
            for (var round = 0; round < rounds; round++)
                launch();
            device.Synchronize();
            return sizeof(float) * (double)source.Length * rounds;
        });
        double rate;
        if (device.Description.IsProcessor)
        {
            rate = Rate(() => device.Launch(new KernelConfig(pieces, 1), new PeakPortable.ReadPieces(source.View, sink.View, Piece)));
            CheckSum(sink.ToArray().AsSpan(0, pieces * Sums64.Count), source.Length);
            return [("a piece each", rate)];
        }
        // Whole strides only, so that every element is read once.
        var stride = 4L * groups * GroupSize;
        var whole = source.View.SubView(0, source.Length / stride * stride);
        rate = Rate(() =>
            device.Launch(new KernelConfig(groups, GroupSize),
                new PeakPortable.ReadStrided(whole, sink.View))) * whole.Length / source.Length;
        CheckSum(sink.ToArray().AsSpan(0, groups * GroupSize), whole.Length);
        return [("neighbours", rate)];
    }

    private static DeviceBuffer<float> Filled(Device device, long bytes)
    {
        // Unwritten memory may be a single page of zeros.
        var buffer = device.Allocate<float>(
            Math.Min(bytes, device.Description.MemoryBytes / 4) / sizeof(float) / (1 << 18) * (1 << 18), zeroed: false);
        var piece = new float[1 << 18];
        Array.Fill(piece, Filling);
        for (var at = 0L; at < buffer.Length; at += piece.Length)
            buffer.CopyFrom(piece, at);
        return buffer;
    }

    // Halves add up exactly in sums below 2^23.
    private static void CheckSum(ReadOnlySpan<float> sums, long count)
    {
        var sum = 0.0;
        foreach (var one in sums)
            sum += one;
        if (sum != Filling * count)
            throw new InvalidOperationException($"The kernel that reads memory adds up to {sum}, not {Filling * count}.");
    }

    // Billions per second in the best repetition; each is long enough for the clock.
    private static double Best(Func<int, double> run)
    {
        var rounds = 1;
        var best = 0.0;
        for (var repetition = 0; repetition < Repetitions;)
        {
            var start = Stopwatch.GetTimestamp();
            var work = run(rounds);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (seconds < SecondsPerRepetition && rounds < 1 << 28)
            {
                rounds *= seconds < SecondsPerRepetition / 8 ? 8 : 2;
                continue;
            }
            best = Math.Max(best, work / seconds / 1e9);
            repetition++;
        }
        return best;
    }
}
