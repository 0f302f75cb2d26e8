extern alias bench;

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Blip.Kernels.Devices;
using Blip.Kernels.Ptx;
using ILGPU.Runtime.Cuda;

namespace Blip.Tests.Kernels;

/// <summary>Every kernel of the project, compiled for CUDA without a driver and handed to NVIDIA's assembler.</summary>
public class PtxTests
{
    // About what there were when this was written; fewer means that the search finds them no more.
    private const int LeastKernels = 25;

    private static readonly Dictionary<string, CudaArchitecture> Architectures = new()
    {
        ["sm_75"] = CudaArchitecture.SM_75,
        ["sm_80"] = CudaArchitecture.SM_80,
        ["sm_90"] = CudaArchitecture.SM_90,
    };

    // Both tests of a pair want the same text.
    private static readonly ConcurrentDictionary<(string Kernel, string Architecture), Lazy<string>> Compiled = new();

    private static readonly Dictionary<string, (MethodInfo Method, int Least)> Kernels = FindKernels();

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var (kernel, (_, least)) in Kernels)
            {
                foreach (var architecture in Architectures.Keys.Where(name => int.Parse(name[3..], CultureInfo.InvariantCulture) >= least))
                    pairs.Add(kernel, architecture);
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Every_kernel_compiles(string kernel, string architecture)
    {
        var ptx = Compile(kernel, architecture);

        // ILGPU 1.5.3 writes sm_80 for all that came after it; such text runs on newer GPUs, too.
        Assert.Contains($".target {(architecture == "sm_75" ? "sm_75" : "sm_80")}", ptx);
        Assert.Contains(".entry", ptx);
        Assert.DoesNotContain("bra.uni", ptx);
        // What a function of .NET that ILGPU does not know becomes: one that no driver has.
        Assert.DoesNotContain(".extern .func", ptx);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void The_assembler_accepts_every_kernel(string kernel, string architecture)
    {
        if (Ptxas() is not { } ptxas)
        {
            Assert.Skip("no ptxas on this machine: put it on the path, or its path into BLIP_PTXAS");
            return;
        }

        Assert.Equal("", Assemble(ptxas, Compile(kernel, architecture), architecture));
    }

    /// <summary>What NVIDIA's assembler has to say against a text; nothing where it accepts it.</summary>
    internal static string Assemble(string ptxas, string text, string architecture)
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.ptx");
        try
        {
            File.WriteAllText(file, text);
            var start = new ProcessStartInfo(ptxas, [$"-arch={architecture}", file, "-o", file + ".cubin"]) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : $"exit code {process.ExitCode}: {errors}";
        }
        finally
        {
            File.Delete(file);
            File.Delete(file + ".cubin");
        }
    }

    [Fact]
    public void Kernels_are_found()
    {
        Assert.True(Kernels.Count >= LeastKernels, $"only {Kernels.Count} kernels: {string.Join(", ", Kernels.Keys)}");
        Assert.All(Kernels.Values, kernel => Assert.True(kernel.Method.IsStatic && kernel.Method.ReturnType == typeof(void), $"{kernel.Method} is no kernel"));
    }

    private static string Compile(string kernel, string architecture) =>
        Compiled.GetOrAdd(
            (kernel, architecture),
            pair => new Lazy<string>(() => PtxCompiler.Compile(Kernels[pair.Kernel].Method, Architectures[pair.Architecture]))).Value;

    private static Dictionary<string, (MethodInfo Method, int Least)> FindKernels()
    {
        const BindingFlags everything = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var found =
            from assembly in new[] { typeof(Device).Assembly, typeof(Blip.Runtime.Pipelines.Caption).Assembly, typeof(bench::Blip.Bench.Measuring.CaseBenchmark).Assembly }
            from type in assembly.GetTypes()
            from method in type.GetMethods(everything)
            from mark in method.GetCustomAttributes<KernelAttribute>()
            let arguments = mark.TypeArguments.ToArray()
            let kernel = arguments is [] ? method : Close(method, arguments)
            let suffix = arguments is [] ? "" : $"<{string.Join(", ", arguments.Select(Name))}>"
            select (Name: $"{type.Name}.{method.Name}{suffix}", Kernel: (kernel, mark.Architecture));
        return found.ToDictionary(entry => entry.Name, entry => entry.Kernel);
    }

    private static string Name(Type type) => type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;

    private static MethodInfo Close(MethodInfo method, Type[] arguments) =>
        method.IsGenericMethodDefinition ? method.MakeGenericMethod(arguments) : throw new InvalidOperationException($"{method} takes no type arguments.");

    /// <summary>NVIDIA's assembler; null where there is none.</summary>
    internal static string? Ptxas()
    {
        if (Environment.GetEnvironmentVariable("BLIP_PTXAS") is { Length: > 0 } path)
            return File.Exists(path) ? path : throw new FileNotFoundException($"BLIP_PTXAS names {path}, and there is no such file.");
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => new[] { Path.Combine(folder, "ptxas"), Path.Combine(folder, "ptxas.exe") })
            .FirstOrDefault(File.Exists);
    }
}
