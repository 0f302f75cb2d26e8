using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary>Each run first resets lengths and ends.</summary>
internal sealed class BeamStepOperator(BeamStepCase test) : OperatorCase("beamstep", test.ToString())
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. BeamStepCases.Real.Select(test => new BeamStepOperator(test) { Size = CaseSize.Real }),
        .. BeamStepCases.Small.Select(test => new BeamStepOperator(test)),
    ];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new BeamStepData(buffers.Device, test));
        return new PreparedOperator(buffers)
        {
            Run = form =>
            {
                data.Rewind();
                BeamStep.Run(buffers.Device, data.Args);
            },
            Compare = () => Agreement.Of(data.Compare()),
            Bytes = data.Bytes,
        };
    }
}
