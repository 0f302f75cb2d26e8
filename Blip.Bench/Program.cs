using Blip.Bench;

if (args is ["kernels", ..])
    return KernelBench.Run(args[1..]);
Console.Error.WriteLine("Usage: kernels [OPERATOR] [--device cpu|opencl|cuda] [--filter TEXT]");
return 2;
