using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU.Runtime.Cuda;

namespace Blip.Tests.Kernels;

/// <summary>The messages of NVIDIA's assembler about a kernel, and its output.</summary>
public sealed record AssembledKernel(
    string Errors, int Registers, int SpilledBytes, int SharedBytes, int TensorCore, int WarpGroup, int AsyncCopies);

/// <summary>Every kernel of the project: found, compiled for an architecture, assembled; each once for all tests.</summary>
public static partial class PtxKernels
{
    private static readonly Dictionary<string, CudaArchitecture> Architectures = new()
    {
        ["sm_75"] = CudaArchitecture.SM_75,
        ["sm_80"] = CudaArchitecture.SM_80,
        ["sm_90"] = CudaArchitecture.SM_90,
    };

    private static readonly ConcurrentDictionary<(string Kernel, string Architecture), Lazy<string>> Compiled = new();

    // The assembler takes most of the time: the first request for a kernel has all of them assembled, on all cores.
    private static readonly Lazy<ConcurrentDictionary<(string Kernel, string Architecture), AssembledKernel>> Assembled = new(() =>
    {
        var all = new ConcurrentDictionary<(string Kernel, string Architecture), AssembledKernel>();
        Parallel.ForEach(Partitioner.Create(Pairs.ToList(), loadBalance: true), pair => all[pair] = Run(pair.Kernel, pair.Architecture));
        return all;
    });

    /// <summary>The kernels by name, and the least architecture of each.</summary>
    public static IReadOnlyDictionary<string, (Type Type, int Least)> All { get; } = Find();

    /// <summary>Every kernel with every architecture that it is for.</summary>
    public static IEnumerable<(string Kernel, string Architecture)> Pairs =>
        from kernel in All
        from architecture in Architectures.Keys
        where int.Parse(architecture[3..], CultureInfo.InvariantCulture) >= kernel.Value.Least
        select (kernel.Key, architecture);

    /// <summary>NVIDIA's assembler, or null where this machine has none.</summary>
    public static string? Ptxas { get; } = Tool("ptxas", TestSwitches.Read(TestSwitches.Ptxas));

    /// <summary>The disassembler beside it, or null.</summary>
    public static string? Disassembler { get; } = Ptxas is null
        ? null
        : Tool("nvdisasm", Path.Combine(Path.GetDirectoryName(Ptxas)!, "nvdisasm"), mayBeAbsent: true);

    /// <summary>The kernel's name in these tables: <c>Class.Kernel&lt;TypeArguments&gt;</c>.</summary>
    public static string NameOf(Type kernel) => kernel.DeclaringType is { } holder ? $"{holder.Name}.{Name(kernel)}" : Name(kernel);

    /// <summary>The name of the operand type that tensor cores multiply with inputs, for a format of weights.</summary>
    public static string MatrixOf(DType format) => format == DType.Int8 ? nameof(Int8Matrix) : $"Matrix16<{format}Format>";

    /// <summary>A kernel's PTX.</summary>
    public static string Compile(string kernel, string architecture) =>
        Compiled.GetOrAdd(
            (kernel, architecture),
            pair => new Lazy<string>(() => PtxCompiler.Compile(All[pair.Kernel].Type, Architectures[pair.Architecture]))).Value;

    /// <summary>Hands a kernel to the assembler, and the result to the disassembler.</summary>
    public static AssembledKernel Assemble(string kernel, string architecture) => Assembled.Value[(kernel, architecture)];

    /// <summary>The assembler's objection to a text; nothing where it accepts it.</summary>
    public static string Errors(string text, string architecture)
    {
        using var folder = new TemporaryFolder();
        return Assemble(folder, text, architecture).Errors;
    }

    /// <summary>A program's text on both of its outputs.</summary>
    public static (int ExitCode, string Output, string Errors) Start(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static AssembledKernel Run(string kernel, string architecture)
    {
        using var folder = new TemporaryFolder();
        var text = Compile(kernel, architecture);
        var (errors, said, cubin) = Assemble(folder, text, architecture);
        if (errors.Length > 0)
            return new AssembledKernel(errors, 0, 0, 0, 0, 0, 0);
        // Where nothing is asked of tensor cores and nothing is copied in the background, there is nothing to count.
        var counts = Disassembler is not null
            && (text.Contains("mma", StringComparison.Ordinal) || text.Contains("cp.async", StringComparison.Ordinal));
        var code = counts ? Start(Disassembler!, "-c", cubin).Output : "";
        return new AssembledKernel(
            "", Sum(Registers(), said), Sum(Spills(), said), Sum(Shared(), said),
            Regex.Count(code, @"\bHMMA\."), Regex.Count(code, @"\bHGMMA\."), Regex.Count(code, @"\bLDGSTS\."));
    }

    private static (string Errors, string Said, string Cubin) Assemble(TemporaryFolder folder, string text, string architecture)
    {
        var cubin = Path.Combine(folder.Path, "kernel.cubin");
        var target = text.Contains(".target sm_90a", StringComparison.Ordinal) ? "sm_90a" : architecture;
        var (status, _, said) = Start(Ptxas!, "-v", $"-arch={target}", folder.Write("kernel.ptx", text), "-o", cubin);
        return (status == 0 ? "" : $"exit code {status}: {said}", said, cubin);
    }

    private static int Sum(Regex number, string text) =>
        number.Matches(text).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private static Dictionary<string, (Type Type, int Least)> Find()
    {
        var found =
            from assembly in new[]
            {
                typeof(Device).Assembly, typeof(Blip.Runtime.Pipelines.Caption).Assembly,
                    typeof(Blip.Bench.Measuring.CaseBenchmark).Assembly,
            }
            from type in assembly.GetTypes()
            from mark in type.GetCustomAttributes<KernelAttribute>()
            from arguments in mark.Instantiations
            let kernel = arguments is [] ? type : type.MakeGenericType([.. arguments])
            select (Name: NameOf(kernel), Kernel: (kernel, mark.Architecture));
        return found.ToDictionary(entry => entry.Name, entry => entry.Kernel);
    }

    private static string Name(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;

    private static string? Tool(string name, string? path, bool mayBeAbsent = false)
    {
        if (!string.IsNullOrEmpty(path))
        {
            var there = new[] { path, path + ".exe" }.FirstOrDefault(File.Exists);
            return there is not null || mayBeAbsent
                ? there
                : throw new FileNotFoundException($"BLIP_PTXAS names {path}, and there is no such file.");
        }
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { Path.Combine(folder, name), Path.Combine(folder, name + ".exe") })
            .FirstOrDefault(File.Exists);
    }

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(\d+) bytes spill stores")]
    private static partial Regex Spills();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();
}
