using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Bench.Operators;

/// <summary>Gradients, and rollouts of attention.</summary>
internal static class BackwardBench
{
    public static IEnumerable<KernelCase> Gemms(bool odd) => (odd ? BackwardCases.RealGemms.Concat(BackwardCases.Gemms.Where(test => !test.Large)) : BackwardCases.RealGemms).Select(test => new KernelCase(
        $"{test.Name} [{test.Rows}, {test.InFeatures} <- {test.OutFeatures}]",
        target =>
        {
            var device = target.Device;
            var rows = GemmCases.Make(test).Weights;
            var weights = PackedWeights.Allocate(device, test.OutFeatures, test.InFeatures, test.Format);
            weights.Fill(0, rows);
            weights.Upload();
            var gradient = BackwardCases.Gradient(test.Rows * test.OutFeatures);
            var dy = device.Upload<float>(gradient);
            var dx = device.Allocate<float>((long)test.Rows * test.InFeatures);
            var args = new GemmBackwardArgs { OutputGradient = dy.View, Weights = weights, InputGradient = dx.View, Rows = test.Rows };
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => GemmBackward.Run(device, args)),
                Verify = () => BackwardCases.GemmError(test, gradient, rows, dx.ToArray()),
                Flops = test.Flops,
                Bytes = weights.Bytes + (sizeof(float) * (dy.Length + dx.Length)),
                Owned = [weights, dy, dx],
            };
        })
    {
        Precision = GemmBench.Precision(test.Format),
    });

    public static IEnumerable<KernelCase> Activations(bool odd) => (odd ? ElementwiseCases.Activations : ElementwiseCases.RealActivations).Select(test => new KernelCase(
        $"{test.Kind} of {test.Count}",
        target =>
        {
            var device = target.Device;
            var (values, gradient) = (test.Make(), BackwardCases.Gradient(test.Count));
            var (x, dy) = (device.Upload<float>(values), device.Upload<float>(gradient));
            var dx = device.Allocate<float>(test.Count);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => ActivationsBackward.Run(device, x.View, dy.View, dx.View, test.Count, test.Kind)),
                Verify = () => BackwardCases.ActivationError(test, values, gradient, dx.ToArray()).Error,
                Bytes = 3.0 * sizeof(float) * test.Count,
                Owned = [x, dy, dx],
            };
        }));

    public static IEnumerable<KernelCase> LayerNorms(bool odd) => (odd ? BackwardCases.RealLayerNorms.Concat(BackwardCases.LayerNorms) : BackwardCases.RealLayerNorms).Select(test => new KernelCase(
        $"{test.Rows} x {test.Width} {test.Values}, eps {test.Eps:g}",
        target =>
        {
            var device = target.Device;
            var (values, _, gamma, _) = test.Make();
            var gradient = BackwardCases.Gradient(values.Length);
            var (x, gammas, dy) = (device.Upload<float>(values), device.Upload<float>(gamma), device.Upload<float>(gradient));
            var dx = device.Allocate<float>(values.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => LayerNormBackward.Run(device, x.View, gammas.View, dy.View, dx.View, test.Rows, test.Width, test.Eps)),
                Verify = () => BackwardCases.LayerNormError(test, values, gamma, gradient, dx.ToArray()).Error,
                Bytes = 3.0 * sizeof(float) * values.Length,
                Owned = [x, gammas, dy, dx],
            };
        }));

    public static IEnumerable<KernelCase> Attentions(bool odd) => (odd ? BackwardCases.RealAttentions.Concat(BackwardCases.Attentions) : BackwardCases.RealAttentions).Select(test => new KernelCase(
        $"{test.Name} {test.Rows} x [{test.QueryTokens}, {test.KeyTokens}] x {test.Heads} heads of {test.HeadDim}",
        target =>
        {
            var device = target.Device;
            var data = new AttentionBackwardData(device, test, args => Attention.Run(device, args));
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => AttentionBackward.Run(device, data.Args)),
                Verify = () => data.Compare().Error,
                Flops = 2 * test.Flops,
                Owned = [data],
            };
        }));

    public static IEnumerable<KernelCase> Rollouts(bool odd) => (odd ? BackwardCases.Rollouts : BackwardCases.RealRollouts).Select(test => new KernelCase(
        $"{test.Rows} x {test.Heads} heads of {test.Tokens} tokens",
        target =>
        {
            var device = target.Device;
            var weights = BackwardCases.Stochastic(test.Rows * test.Heads * test.Tokens, test.Tokens);
            var earlier = BackwardCases.Stochastic(test.Rows * test.Tokens, test.Tokens);
            var (probabilities, before) = (device.Upload<float>(weights), device.Upload<float>(earlier));
            var after = device.Allocate<float>(earlier.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => AttentionRollout.Run(device, probabilities.View, before.View, after.View, test.Rows, test.Heads, test.Tokens)),
                Verify = () => BackwardCases.RolloutError(test, weights, earlier, after.ToArray()).Error,
                Flops = (2.0 * test.Tokens * earlier.Length) + weights.Length,
                Bytes = sizeof(float) * (weights.Length + (2.0 * earlier.Length)),
                Owned = [probabilities, before, after],
            };
        }));

    public static IEnumerable<KernelCase> SelectTokens(bool odd) => (odd ? [(3, 5, 37), (1, 35, 768)] : new[] { (1, 35, 768) }).Select(test => new KernelCase(
        $"{test.Item1} x {test.Item2} tokens of {test.Item3}",
        target =>
        {
            var device = target.Device;
            var (rows, tokens, width) = test;
            var gradient = BackwardCases.Gradient(rows * width);
            var taken = EmbeddingCases.Tokens(rows, tokens);
            var dy = device.Upload<float>(gradient);
            var index = device.Upload<int>(taken);
            var dx = device.Allocate<float>((long)rows * tokens * width);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => SelectTokenBackward.Run(device, dy.View, index.View, dx.View, rows, tokens, width, offset: -1)),
                Verify = () => PreparedCase.Exact(SelectTokenBackwardReference.Run(gradient, taken, rows, tokens, width, offset: -1), dx.ToArray()),
                Bytes = sizeof(float) * (dy.Length + dx.Length),
                Owned = [dy, index, dx],
            };
        }));
}
