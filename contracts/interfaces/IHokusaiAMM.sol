// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Permit} from "../types/Permit.sol";
import {IModelToken} from "./IModelToken.sol";

/// @title Hokusai AMM
/// @notice The market of one model token against the reserve token, on one smooth constant-reserve-ratio curve with a virtual
/// reserve. With R the real and R0 the virtual reserve, S the curve supply and w = crr / 1e6:
///
///     spot price   P = (R + R0) / (w · S)
///     buy   D in:  T = S · ((1 + D/(R+R0))^w − 1)        R += D, S += T
///     sell  T in:  F = (R+R0) · (1 − (1 − T/S)^(1/w))    R −= F, S −= T, as long as F ≤ R
///
/// Buys mint investor tokens within the token's cap, sells burn. S moves with trades only: tokens minted elsewhere (supplier,
/// rewards) change no price, but whoever holds them can sell them for the same R, first come first served; see
/// {unbackedSupply} and {maxSell}.
///
/// Units: tokens in wei (18 decimals), reserve in units of the reserve token (6 decimals). Every rounding is the trader's.
/// Reserve tokens leave by {sell} and {collectFees} only. What is sent to the pool directly changes no price and leaves as
/// trade fees. The reserve token must not charge on transfer; one that does is refused by what arrives.
interface IHokusaiAMM {
    /// @notice Tokens were bought; `reserve` and `curveSupply` are those after the trade.
    event Bought(
        address indexed buyer,
        address indexed to,
        uint256 reserveIn,
        uint256 tokensOut,
        uint256 reserve,
        uint256 curveSupply
    );

    /// @notice Tokens were sold; `reserveOut` is net of the fee; `reserve` and `curveSupply` are those after the trade.
    event Sold(
        address indexed seller,
        address indexed to,
        uint256 tokensIn,
        uint256 reserveOut,
        uint256 reserve,
        uint256 curveSupply
    );

    /// @notice Usage fees were added to the stream, which now holds `pending` and ends at `streamEnd`; what it had released by
    /// then is in `reserve`.
    event FeesDeposited(address indexed payer, uint256 amount, uint256 pending, uint256 streamEnd, uint256 reserve);

    /// @notice Trade fees, and whatever was sent to the pool directly, went to the treasury.
    event FeesCollected(address indexed treasury, uint256 amount);

    /// @notice The caller is not the factory.
    error OnlyFactory(address caller);

    /// @notice The trade arrived after its deadline.
    error DeadlineExpired(uint256 deadline, uint256 timestamp);

    /// @notice Sells open later: the buy-only window lasts.
    error SellsNotOpen(uint256 opensAt);

    /// @notice `to` is zero, the pool or the token.
    error InvalidRecipient(address to);

    /// @notice The trade, or the deposit, is of nothing or yields nothing.
    error ZeroOutput();

    /// @notice The trade yields less than the caller's minimum.
    error InsufficientOutput(uint256 output, uint256 min);

    /// @notice The trade costs more than the caller's maximum.
    error ExcessiveInput(uint256 input, uint256 max);

    /// @notice The reserve does not hold what the sale would pay, or more is sold than the curve ever issued.
    error InsufficientReserve(uint256 requested, uint256 available);

    /// @notice The pool received less, or more, of the reserve token than was sent.
    error UnexpectedReserveReceived(uint256 received, uint256 expected);

    /// @notice The pool's reserve would pass what its state can hold.
    error ReserveOverflow(uint256 reserve, uint256 max);

    /// @notice Buys tokens for an exact amount of reserve. The tokens are minted.
    /// @dev Errors: `DeadlineExpired`, `InvalidRecipient`, `Paused`, `ZeroOutput`, `InsufficientOutput`, `ReserveOverflow`,
    /// `InvestorAllocationExceeded` of the token, `UnexpectedReserveReceived`, those of the reserve token; for amounts far above
    /// any cap `OutOfCurveDomain` and `GrowthOutOfRange` of the curve.
    /// @param reserveIn Reserve units paid, fee included.
    /// @param minTokensOut Fewest wei accepted.
    /// @param to Receiver of the tokens.
    /// @param deadline Last second at which the trade is valid.
    /// @return tokensOut Wei minted.
    function buy(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline
    ) external returns (uint256 tokensOut);

    /// @notice {buy} with an ERC-2612 permit of `reserveIn` to the pool. A permit that was used already is no obstacle while
    /// the allowance suffices; when a permit is refused and it does not, the reserve token says so. Errors: those of {buy}.
    function buyWithPermit(
        uint256 reserveIn,
        uint256 minTokensOut,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external returns (uint256 tokensOut);

    /// @notice Buys an exact amount of tokens, or what the cap leaves of it.
    /// @dev Errors: those of {buy}, `ExcessiveInput`; `InvestorAllocationExceeded(tokensOut, 0)` when nothing is left.
    /// @param tokensOut Wei wanted.
    /// @param minTokensOut Fewest wei accepted, when the cap leaves less than wanted.
    /// @param maxReserveIn Most reserve units paid, fee included.
    /// @param to Receiver of the tokens.
    /// @param deadline Last second at which the trade is valid.
    /// @return tokensMinted Wei minted.
    /// @return reserveIn Reserve units paid, fee included.
    function buyExactOut(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline
    ) external returns (uint256 tokensMinted, uint256 reserveIn);

    /// @notice {buyExactOut} with an ERC-2612 permit of `maxReserveIn` to the pool; see {buyWithPermit}.
    function buyExactOutWithPermit(
        uint256 tokensOut,
        uint256 minTokensOut,
        uint256 maxReserveIn,
        address to,
        uint256 deadline,
        Permit calldata permit
    ) external returns (uint256 tokensMinted, uint256 reserveIn);

    /// @notice Sells tokens, which are burned; no approval is needed. Never pausable.
    /// @dev Errors: `DeadlineExpired`, `InvalidRecipient`, `SellsNotOpen`, `InsufficientReserve`, `ZeroOutput`,
    /// `InsufficientOutput`, `ERC20InsufficientBalance` of the token, those of the reserve token.
    /// @param tokensIn Wei sold.
    /// @param minReserveOut Fewest reserve units accepted, net of the fee.
    /// @param to Receiver of the reserve.
    /// @param deadline Last second at which the trade is valid.
    /// @return reserveOut Reserve units paid out.
    function sell(
        uint256 tokensIn,
        uint256 minReserveOut,
        address to,
        uint256 deadline
    ) external returns (uint256 reserveOut);

    /// @notice Adds usage fees to the stream that flows into the reserve. Anyone may. A deposit into an empty stream flows for
    /// a day; one into a running stream moves its end to the average, weighted by amount and rounded down, so that dust
    /// delays nothing. The tokens are taken from the caller; only the factory's usage fee router sends them here itself, before
    /// it calls, so that they move once.
    /// @dev Errors: `ZeroOutput`, `ReserveOverflow`, `UnexpectedReserveReceived`, those of the reserve token.
    /// @param amount Reserve units.
    function depositFees(uint256 amount) external;

    /// @notice Sends the trade fees to the factory's treasury. Anyone may. Nothing happens when there are none.
    /// @return amount Reserve units sent.
    function collectFees() external returns (uint256 amount);

    /// @notice Sets the end of a pause of buys. Only the factory, which holds the guardian's rules. Errors: `OnlyFactory`.
    /// @param until Buys are open from this second.
    function setBuysPausedUntil(uint256 until) external;

    /// @notice The model's token.
    function token() external view returns (IModelToken);

    /// @notice The reserve token, 6 decimals.
    function reserveToken() external view returns (IERC20);

    /// @notice The factory that created the pool.
    function factory() external view returns (address);

    /// @notice Constant reserve ratio w, in parts per million.
    function crr() external view returns (uint256);

    /// @notice Fee on every trade, in bps.
    function tradeFee() external view returns (uint256);

    /// @notice S before the first trade, in wei.
    function virtualSupply() external view returns (uint256);

    /// @notice R0, in reserve units.
    function virtualReserve() external view returns (uint256);

    /// @notice R now, in reserve units: what the stream has released is in it.
    function reserve() external view returns (uint256);

    /// @notice S, in wei.
    function curveSupply() external view returns (uint256);

    /// @notice Price of a whole token in reserve units, with 18 decimals more, rounded down.
    function spotPrice() external view returns (uint256 priceWad);

    /// @notice Tokens that the pool issued and did not take back, in wei; negative when holders sold it tokens that were minted
    /// elsewhere.
    function netIssued() external view returns (int256);

    /// @notice Investor tokens that buys can still mint, in wei.
    function remainingInvestorAllocation() external view returns (uint256);

    /// @notice Tokens in circulation that nobody paid the reserve for, in wei.
    function unbackedSupply() external view returns (uint256);

    /// @notice Most tokens that can be sold in one sale before R is empty, in wei, rounded down; the buy-only window aside.
    function maxSell() external view returns (uint256);

    /// @notice First second at which sells are open.
    function sellsOpenAt() external view returns (uint256);

    /// @notice Buys are open from this second; 0 when they were never paused.
    function buysPausedUntil() external view returns (uint256);

    /// @notice Usage fees not yet released into the reserve, in reserve units.
    function pendingStream() external view returns (uint256);

    /// @notice Second at which the running stream will have released all it holds; 0 when none runs.
    function streamEnd() external view returns (uint256);

    /// @notice Trade fees waiting for {collectFees}, in reserve units.
    function uncollectedFees() external view returns (uint256);

    /// @notice What {buy} would mint now; reverts with the trade's own errors.
    function quoteBuy(uint256 reserveIn) external view returns (uint256 tokensOut);

    /// @notice What {buyExactOut} would mint and cost now; reverts with the trade's own errors.
    function quoteBuyExactOut(uint256 tokensOut) external view returns (uint256 tokensMinted, uint256 reserveIn);

    /// @notice What {sell} would pay now; reverts with the trade's own errors.
    function quoteSell(uint256 tokensIn) external view returns (uint256 reserveOut);
}
